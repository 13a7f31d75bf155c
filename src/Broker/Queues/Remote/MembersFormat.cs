using System.Buffers.Binary;
using System.Collections.Immutable;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// The body of <see cref="LineFrame.Members"/> (docs/formats/queues-between-nodes.md), little-endian; as often as there
/// is room:
/// <code>
///   | queue 8 | leader's term 8 | index 8 | its term 8 | n 1 | n times: identity 16, 1: it votes, 0: it learns |
/// </code>
/// </summary>
internal static class MembersFormat
{
    private const int HeadBytes = 8 + 8 + 8 + 8 + 1;
    private const int MemberBytes = 16 + 1;

    /// <summary>Writes one queue's; false: it has no room.</summary>
    public static bool TryWrite(Span<byte> body, long queue, ReplicaStanding standing, out int written)
    {
        written = HeadBytes + (standing.Members.Length * MemberBytes);
        if (written > body.Length)
            return false;
        BinaryPrimitives.WriteInt64LittleEndian(body, queue);
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], standing.LeaderTerm.Value);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], standing.Index.Value);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], standing.Term.Value);
        body[32] = checked((byte)standing.Members.Length);
        body = body[HeadBytes..];
        foreach (Member member in standing.Members)
        {
            member.Id.Value.TryWriteBytes(body);
            body[16] = (byte)(member.IsVoter ? 1 : 0);
            body = body[MemberBytes..];
        }
        return true;
    }

    /// <exception cref="FormatException">It ends too early.</exception>
    public static ImmutableArray<(long Queue, ReplicaStanding Standing)> Read(ReadOnlySpan<byte> body)
    {
        var read = ImmutableArray.CreateBuilder<(long, ReplicaStanding)>();
        var reader = new LineReader(body, 0);
        while (!reader.IsAtEnd)
        {
            long queue = reader.Int64();
            var leaderTerm = new Term(reader.Int64());
            var index = new LogIndex(reader.Int64());
            var term = new Term(reader.Int64());
            var members = new Member[reader.Byte()];
            for (int place = 0; place < members.Length; place++)
                members[place] = new Member(new NodeId(new Guid(reader.Take(16))), reader.Byte() != 0);
            read.Add((queue, new ReplicaStanding(leaderTerm, index, term, [.. members])));
        }
        return read.ToImmutable();
    }
}
