using System.Buffers.Binary;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// What a leader's node says of the groups that rest with it (docs/formats/raft.md): that all of them are as they were,
/// but for those that it lets go, and those that rest from now on.
/// </summary>
internal readonly ref struct RestFrame
{
    public const int HeadBytes = 20;

    /// <summary>Groups that begin to rest, and as many that end, in one frame: some 20 KB.</summary>
    public const int Most = 500;

    public long Epoch { get; private init; }

    /// <summary>From 1 in each epoch, without a gap.</summary>
    public long Number { get; private init; }

    /// <summary>Ids of groups, 8 bytes each.</summary>
    public ReadOnlySpan<byte> LetGo { get; private init; }

    /// <summary>Lines of groups that rest from now on.</summary>
    public ReadOnlySpan<byte> Lines { get; private init; }

    /// <summary>False if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RestFrame frame)
    {
        frame = default;
        if (bytes.Length < HeadBytes)
            return false;
        int letGo = sizeof(long) * BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]);
        int lines = HeartbeatLines.LineBytes * BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]);
        if (bytes.Length != HeadBytes + letGo + lines)
            return false;
        frame = new RestFrame
        {
            Epoch = BinaryPrimitives.ReadInt64LittleEndian(bytes),
            Number = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            LetGo = bytes.Slice(HeadBytes, letGo),
            Lines = bytes[(HeadBytes + letGo)..],
        };
        return frame.Number > 0;
    }

    /// <summary>Writes the head and the ids; lines follow. Returns how many bytes that is.</summary>
    public static int Write(
        Span<byte> bytes, long epoch, long number, ReadOnlySpan<long> letGo, int lines)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, epoch);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], number);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[16..], (ushort)letGo.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[18..], (ushort)lines);
        int used = HeadBytes;
        foreach (long id in letGo)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes[used..], id);
            used += sizeof(long);
        }
        return used;
    }

    /// <summary>The group at a place among ids.</summary>
    public static GroupId IdAt(ReadOnlySpan<byte> ids, int place) =>
        new(BinaryPrimitives.ReadInt64LittleEndian(ids[(place * sizeof(long))..]));
}
