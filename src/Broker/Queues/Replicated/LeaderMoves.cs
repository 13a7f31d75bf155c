using System.Buffers.Binary;
using Warren.Broker.Operations;
using Warren.Broker.Queues.Remote;
using Warren.Cluster;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// Who leads a queue is asked, by the node that balances, to hand it over to another member. It does so if that one is
/// in step; nothing is answered: all nodes hear who leads. A lost frame is no matter, as the next look finds the same.
/// Any thread.
/// </summary>
internal static class LeaderMoves
{
    /// <summary>Of one move: the queue's id, and who is to lead.</summary>
    private const int MoveBytes = sizeof(long) + NodeId.SizeBytes;

    /// <summary>Asks the node that leads, or does it, if that is this one.</summary>
    public static void Ask(QueueLinks links, LeaderMove move)
    {
        if (move.From == links.Self)
        {
            HandOver(links, move.Queue, move.To);
            return;
        }
        Span<byte> body = stackalloc byte[MoveBytes];
        BinaryPrimitives.WriteInt64LittleEndian(body, move.Queue.Id.Value);
        move.To.Write(body[sizeof(long)..]);
        links.PeerOf(move.From).TrySend(LinkClass.Control, LineFrame.MoveLeader, body);
    }

    /// <summary>Another node asks.</summary>
    /// <exception cref="FormatException">It is too short.</exception>
    public static void Asked(QueueLinks links, ReadOnlySpan<byte> body)
    {
        if (body.Length < MoveBytes)
            throw new FormatException($"a leader is to go in {body.Length} bytes");
        // One that is not known here is gone, or not led here yet.
        if (links.FindQueue(BinaryPrimitives.ReadInt64LittleEndian(body)) is { } queue)
            HandOver(links, queue, NodeId.Read(body[sizeof(long)..]));
    }

    private static void HandOver(QueueLinks links, QueueDefinition queue, NodeId to) =>
        links.Broker.Replication?.Find(queue.Id)?.Post(QueueCommand.Ask(group =>
        {
            if (group is not null && group.View.IsInSync(to) && links.Broker.Disks?.MayLead(to) != false)
                group.TransferLeadership(to);
        }));
}
