using System.Buffers.Binary;
using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>
/// Reads little-endian values one behind the other. Behind the end, and where a value cannot be, it gives zeros and
/// says that it has failed; nothing is allocated for a length that the bytes do not have.
/// </summary>
internal ref struct WireReader(ReadOnlyMemory<byte> bytes)
{
    private readonly ReadOnlyMemory<byte> _bytes = bytes;
    private int _offset;

    public bool HasFailed { get; private set; }

    /// <summary>All was read, and all of it could be.</summary>
    public readonly bool IsComplete => !HasFailed && _offset == _bytes.Length;

    public readonly int Left => _bytes.Length - _offset;

    public byte Byte(byte most = byte.MaxValue)
    {
        ReadOnlySpan<byte> span = Take(sizeof(byte)).Span;
        byte value = span.IsEmpty ? (byte)0 : span[0];
        HasFailed |= value > most;
        return HasFailed ? (byte)0 : value;
    }

    public int Short()
    {
        ReadOnlySpan<byte> span = Take(sizeof(ushort)).Span;
        return span.IsEmpty ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(span);
    }

    public uint Int()
    {
        ReadOnlySpan<byte> span = Take(sizeof(uint)).Span;
        return span.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(span);
    }

    /// <summary>Not below zero.</summary>
    public long Long()
    {
        ReadOnlySpan<byte> span = Take(sizeof(long)).Span;
        long value = span.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(span);
        HasFailed |= value < 0;
        return HasFailed ? 0 : value;
    }

    public LogIndex Index() => new(Long());

    public Term Term() => new(Long());

    public ReadOnlyMemory<byte> Bytes(uint count)
    {
        if (count <= Left)
            return Take((int)count);
        HasFailed = true;
        return default;
    }

    public Membership Members()
    {
        if (!HasFailed
            && MembershipFormat.TryReadMembers(_bytes.Span[_offset..], out Membership? members, out int read))
        {
            _offset += read;
            return members!;
        }
        HasFailed = true;
        return Membership.Empty;
    }

    public void Fail() => HasFailed = true;

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (HasFailed || count > Left)
        {
            HasFailed = true;
            return default;
        }
        ReadOnlyMemory<byte> taken = _bytes.Slice(_offset, count);
        _offset += count;
        return taken;
    }
}
