using System.Buffers.Binary;
using Warren.Cluster.Links;
using Warren.Storage.Disk;

namespace Warren.Cluster.Identity;

/// <summary>
/// How far this node has seen each other's data directory, kept across restarts (docs/formats/identity.md): without it
/// a directory that was put back in time would be taken for sound by whoever has restarted since. Replaced as a whole.
/// </summary>
public static class PeerRecordsFile
{
    /// <summary>Its name in the data directory.</summary>
    public const string Path = "peers";

    /// <summary>Nodes that can be kept: far more than ever were members of one cluster.</summary>
    public const int MostRecords = 4096;

    private const int HeadBytes = 12;
    private const int RecordBytes = NodeId.SizeBytes + (3 * sizeof(long));

    private static readonly FramedFile Framed = new(
        Path, 0x5350_4E57,
        new FileMeaning(
            "which says how far other nodes were seen",
            "remove it, and this node learns it anew; until then it does not notice if another's data was put back in "
            + "time"))
    {
        MostBytes = HeadBytes + (MostRecords * RecordBytes) + sizeof(uint),
    };

    /// <summary>Reads it; nothing if there is none.</summary>
    /// <exception cref="IdentityException">It is damaged, or of a later version.</exception>
    public static Dictionary<NodeId, PeerRecord> Read(IDisk disk)
    {
        var records = new Dictionary<NodeId, PeerRecord>();
        if (Framed.Read(disk) is not { } bytes)
            return records;
        int count = bytes.Length < HeadBytes + sizeof(uint)
            ? -1
            : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        if (count is < 0 or > MostRecords || bytes.Length != HeadBytes + (count * RecordBytes) + sizeof(uint))
            throw Framed.Damaged();
        for (int place = 0; place < count; place++)
        {
            ReadOnlySpan<byte> record = bytes.AsSpan(HeadBytes + (place * RecordBytes), RecordBytes);
            records[NodeId.Read(record)] = new PeerRecord(
                BinaryPrimitives.ReadInt64LittleEndian(record[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(record[24..]),
                BinaryPrimitives.ReadInt64LittleEndian(record[32..]));
        }
        return records;
    }

    /// <summary>Puts them in the place of the present ones; durable when it returns.</summary>
    /// <exception cref="DiskException">They could not be written; the present ones stay.</exception>
    public static void Write(IDisk disk, IReadOnlyDictionary<NodeId, PeerRecord> records)
    {
        int count = Math.Min(records.Count, MostRecords);
        byte[] bytes = new byte[HeadBytes + (count * RecordBytes) + sizeof(uint)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), count);
        int offset = HeadBytes;
        foreach ((NodeId id, PeerRecord record) in records.OrderBy(one => one.Key).Take(count))
        {
            id.Write(bytes.AsSpan(offset));
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(offset + 16), record.Boot);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(offset + 24), record.Process);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(offset + 32), record.DurableLsn);
            offset += RecordBytes;
        }
        Framed.Write(disk, bytes);
    }
}
