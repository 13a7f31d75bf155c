using System.Buffers.Binary;
using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>Writes little-endian values one behind the other; without room it only counts.</summary>
internal ref struct WireWriter(Span<byte> bytes, bool isCounting)
{
    private readonly Span<byte> _bytes = bytes;

    public int Count { get; private set; }

    public void Byte(byte value)
    {
        if (!isCounting)
            _bytes[Count] = value;
        Count += sizeof(byte);
    }

    public void Short(int value)
    {
        if (!isCounting)
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes[Count..], checked((ushort)value));
        Count += sizeof(ushort);
    }

    public void Int(uint value)
    {
        if (!isCounting)
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes[Count..], value);
        Count += sizeof(uint);
    }

    public void Long(long value)
    {
        if (!isCounting)
            BinaryPrimitives.WriteInt64LittleEndian(_bytes[Count..], value);
        Count += sizeof(long);
    }

    public void Index(LogIndex index) => Long(index.Value);

    public void Term(Term term) => Long(term.Value);

    public void Bytes(ReadOnlySpan<byte> value)
    {
        if (!isCounting)
            value.CopyTo(_bytes[Count..]);
        Count += value.Length;
    }

    public void Members(Membership members)
    {
        if (!isCounting)
            MembershipFormat.Write(members, _bytes[Count..]);
        Count += MembershipFormat.SizeBytes(members);
    }
}
