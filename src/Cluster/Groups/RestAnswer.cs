using System.Buffers.Binary;

namespace Warren.Cluster.Groups;

/// <summary>The answer to <see cref="RestFrame"/>s (docs/formats/raft.md).</summary>
internal readonly ref struct RestAnswer
{
    public const int HeadBytes = 25;

    /// <summary>Groups that a frame names.</summary>
    public const int Most = 2000;

    public long Epoch { get; private init; }

    /// <summary>
    /// Up to this frame of the epoch all were taken, and of what they offered all is named that does not rest.
    /// </summary>
    public long Number { get; private init; }

    /// <summary>Groups that all answers of the epoch have named so far, with this one's.</summary>
    public long Named { get; private init; }

    /// <summary>Frames are missing: the epoch is over.</summary>
    public bool IsLost { get; private init; }

    /// <summary>Groups that do not rest here, or not any more: ids, 8 bytes each.</summary>
    public ReadOnlySpan<byte> Ids { get; private init; }

    /// <summary>False if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RestAnswer answer)
    {
        answer = default;
        if (bytes.Length < HeadBytes || bytes.Length > HeadBytes + (Most * sizeof(long)) || bytes[24] > 1
            || (bytes.Length - HeadBytes) % sizeof(long) != 0)
            return false;
        answer = new RestAnswer
        {
            Epoch = BinaryPrimitives.ReadInt64LittleEndian(bytes),
            Number = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            Named = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            IsLost = bytes[24] != 0,
            Ids = bytes[HeadBytes..],
        };
        return answer is { Number: >= 0, Named: >= 0 };
    }

    /// <summary>Returns how many bytes it takes.</summary>
    public static int Write(
        Span<byte> bytes, long epoch, long number, long named, bool isLost, ReadOnlySpan<long> ids)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, epoch);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], number);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], named);
        bytes[24] = isLost ? (byte)1 : (byte)0;
        int used = HeadBytes;
        foreach (long id in ids)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes[used..], id);
            used += sizeof(long);
        }
        return used;
    }
}
