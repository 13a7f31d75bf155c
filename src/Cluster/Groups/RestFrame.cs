using System.Buffers.Binary;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// What a leader's node says of the groups that rest with it (docs/formats/raft.md): that all of them are as they were,
/// but for those that it lets go, and those that rest from now on.
/// </summary>
internal readonly ref struct RestFrame
{
    public const int HeadBytes = 20;

    /// <summary>Groups that begin to rest in one frame: some 16 KB.</summary>
    public const int MostOffered = 500;

    /// <summary>Groups that rest no more: 32 KB.</summary>
    public const int MostLetGo = 4000;

    public long Epoch { get; private init; }

    /// <summary>From 1 in each epoch, without a gap.</summary>
    public long Number { get; private init; }

    /// <summary>Ids of groups, 8 bytes each.</summary>
    public ReadOnlySpan<byte> LetGo { get; private init; }

    /// <summary>Lines of groups that rest from now on.</summary>
    public ReadOnlySpan<byte> Lines { get; private init; }

    /// <summary>False if it is none: nothing of a frame is taken unless all of it can be.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RestFrame frame)
    {
        frame = default;
        if (bytes.Length < HeadBytes)
            return false;
        int letGo = sizeof(long) * BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]);
        int lines = HeartbeatLines.LineBytes * BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]);
        if (letGo > sizeof(long) * MostLetGo || lines > HeartbeatLines.LineBytes * MostOffered
            || bytes.Length != HeadBytes + letGo + lines)
            return false;
        frame = new RestFrame
        {
            Epoch = BinaryPrimitives.ReadInt64LittleEndian(bytes),
            Number = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            LetGo = bytes.Slice(HeadBytes, letGo),
            Lines = bytes[(HeadBytes + letGo)..],
        };
        return frame.Number > 0 && AreLines(frame.Lines);
    }

    /// <summary>A line among <see cref="Lines"/>, by its place.</summary>
    public static bool TryLineAt(ReadOnlySpan<byte> lines, int place, out GroupId group, out Heartbeat line)
    {
        ReadOnlySpan<byte> bytes = lines.Slice(place * HeartbeatLines.LineBytes, HeartbeatLines.LineBytes);
        group = IdAt(bytes, 0);
        return HeartbeatFormat.TryRead(bytes[sizeof(long)..], out line);
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

    private static bool AreLines(ReadOnlySpan<byte> lines)
    {
        for (int place = 0; place < lines.Length / HeartbeatLines.LineBytes; place++)
        {
            if (!TryLineAt(lines, place, out _, out _))
                return false;
        }
        return true;
    }
}
