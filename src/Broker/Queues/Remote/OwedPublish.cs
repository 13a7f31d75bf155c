using Warren.Broker.Channels;
using Warren.Broker.Messages;

namespace Warren.Broker.Queues.Remote;

/// <summary>A publish that the home has not answered.</summary>
internal struct OwedPublish
{
    /// <summary>Who is told, if anybody is.</summary>
    public PublishTicket Ticket;

    /// <summary>
    /// The message, while it may have to be sent on another line: a dead letter stays in its source until its target
    /// has it. Holds one slab reference; without a slab: not kept.
    /// </summary>
    public Message Kept;

    public long TtlMs;
    public byte Priority;
    public bool Persistent;
    public bool IsAnswered;

    /// <summary>Its source keeps it until it has arrived.</summary>
    public readonly bool IsKept => Kept.IsResident;

    /// <summary>What the line says of it, see <see cref="LineWriting"/>.</summary>
    public readonly byte Flags => (byte)((Persistent ? LineWriting.Persistent : 0)
        | (Ticket.Group is PublishGroup { GoesAgain: true } ? LineWriting.GoesAgain : 0));

    /// <summary>Whether who waits for this keeps the message, and so wants it sent until it arrives.</summary>
    public static bool WaitsForArrival(in PublishTicket ticket) => ticket.Group is PublishGroup { IsKept: true };
}
