using System.Buffers.Binary;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// The state that a group's log keeps beside its entries (docs/formats/raft.md); little-endian. Its record has the
/// checksum.
/// </summary>
public static class HardStateFormat
{
    /// <summary>Raised when a member of another version could not read what is written.</summary>
    public const byte Version = 1;

    private const int HeadBytes = 1 + 8 + NodeId.SizeBytes + 8 + 8 + 8 + 8;

    public static byte[] Write(HardState state)
    {
        byte[] bytes = new byte[HeadBytes + MembershipFormat.SizeBytes(state.Members)];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), state.Term.Value);
        state.Vote.Write(bytes.AsSpan(9));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(25), state.Commit.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(33), state.CompactedIndex.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(41), state.CompactedTerm.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(49), state.Losses);
        MembershipFormat.Write(state.Members, bytes.AsSpan(HeadBytes));
        return bytes;
    }

    /// <summary>False if it is another version's, or no state.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out HardState? state)
    {
        state = null;
        if (bytes.Length <= HeadBytes || bytes[0] != Version
            || !MembershipFormat.TryReadMembers(bytes[HeadBytes..], out Membership? members, out int read)
            || read != bytes.Length - HeadBytes)
            return false;
        var found = new HardState
        {
            Term = new Term(BinaryPrimitives.ReadInt64LittleEndian(bytes[1..])),
            Vote = NodeId.Read(bytes[9..]),
            Commit = new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(bytes[25..])),
            CompactedIndex = new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(bytes[33..])),
            CompactedTerm = new Term(BinaryPrimitives.ReadInt64LittleEndian(bytes[41..])),
            Losses = BinaryPrimitives.ReadInt64LittleEndian(bytes[49..]),
            Members = members!,
        };
        if (found.CompactedIndex.Value < 0 || found.Commit < found.CompactedIndex || found.CompactedTerm.Value < 0
            || found.Losses < 0 || found.Term < found.CompactedTerm)
            return false;
        state = found;
        return true;
    }
}
