using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>The address of a channel of another node: its number, and the outbox of its visit.</summary>
internal sealed class VisitChannel(ushort number, VisitOutbox outbox, long connectionId = 0)
    : DeliveryChannel(number, outbox, null)
{
    private long _answeredBelow;

    /// <inheritdoc/>
    public override long ConnectionId => connectionId;

    /// <inheritdoc/>
    public override NodeId Node => outbox.Visitor;

    /// <summary>The consumer that it is the address of; 0: it is that of publishes.</summary>
    public long ConsumerNumber { get; init; }

    /// <summary>Of publishes to a replicated queue: whose numbers they bear.</summary>
    public PublishSource OfSource { get; init; }

    /// <inheritdoc/>
    internal override PublishSource? Source => OfSource;

    /// <inheritdoc/>
    internal override long AnsweredBelow => Volatile.Read(ref _answeredBelow);

    /// <summary>The source has got all answers below this number; told in the visit's turn.</summary>
    public void NoteAnswered(long below) => Volatile.Write(ref _answeredBelow, below);

    internal override void Tell(ConnectionEventKind kind, object subject) =>
        Outbox.Post(OutboxItem.VisitEvent(this, kind, subject));
}
