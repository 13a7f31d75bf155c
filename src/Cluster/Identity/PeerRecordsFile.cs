using System.Buffers.Binary;
using Warren.Cluster.Links;
using Warren.Storage.Disk;
using Warren.Storage.Log;

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

    private const string Unfinished = "peers.new";
    private const uint Magic = 0x5350_4E57;
    private const ushort Version = 1;
    private const int HeadBytes = 12;
    private const int RecordBytes = NodeId.SizeBytes + (3 * sizeof(long));

    /// <summary>Reads it; nothing if there is none.</summary>
    /// <exception cref="IdentityException">It is damaged, or of a later version.</exception>
    public static Dictionary<NodeId, PeerRecord> Read(IDisk disk)
    {
        var records = new Dictionary<NodeId, PeerRecord>();
        if (!disk.List("").Contains(Path))
            return records;
        byte[] bytes = new byte[HeadBytes + (MostRecords * RecordBytes) + sizeof(uint) + 1];
        int size;
        using (IDiskFile file = disk.Open(Path))
            size = file.Read(0, bytes);
        ReadOnlySpan<byte> read = bytes.AsSpan(0, size);
        if (size >= 8 && BinaryPrimitives.ReadUInt32LittleEndian(read) == Magic
            && BinaryPrimitives.ReadUInt16LittleEndian(read[4..]) is var version and not Version)
        {
            throw new IdentityException(
                $"the file \"{Path}\" has format version {version}, this node knows version {Version}: "
                + "start the version of Warren that wrote it, or a later one");
        }
        if (!IsSound(read))
        {
            throw new IdentityException(
                $"the file \"{Path}\", which says how far other nodes were seen, is damaged: remove it, and this node "
                + "learns it anew; until then it does not notice if another's data was put back in time");
        }
        for (int offset = HeadBytes; offset < size - sizeof(uint); offset += RecordBytes)
        {
            ReadOnlySpan<byte> record = read.Slice(offset, RecordBytes);
            records[NodeId.Read(record)] = new PeerRecord(
                BinaryPrimitives.ReadInt64LittleEndian(record[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(record[24..]),
                BinaryPrimitives.ReadInt64LittleEndian(record[32..]));
        }
        return records;
    }

    /// <summary>Puts them in the place of the present ones; durable when it returns.</summary>
    public static void Write(IDisk disk, IReadOnlyDictionary<NodeId, PeerRecord> records)
    {
        int count = Math.Min(records.Count, MostRecords);
        byte[] bytes = new byte[HeadBytes + (count * RecordBytes) + sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
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
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), Crc32C.Of(bytes.AsSpan(0, offset)));
        disk.Delete(Unfinished);
        using (IDiskFile file = disk.Create(Unfinished, bytes.Length))
        {
            file.Write(0, [bytes]);
            file.Sync();
        }
        disk.Rename(Unfinished, Path);
        disk.SyncDirectory("");
    }

    private static bool IsSound(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadBytes + sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return false;
        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        return count is >= 0 and <= MostRecords
            && bytes.Length == HeadBytes + (count * RecordBytes) + sizeof(uint)
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..])
                == Crc32C.Of(bytes[..^sizeof(uint)]);
    }
}
