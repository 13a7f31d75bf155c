using Warren.Amqp;
using Warren.Broker.Channels;

namespace Warren.Broker.Queues;

/// <summary>
/// A subscription: what the client asked for, and what its queue keeps of it. The queue's turn owns the internal
/// part. Deliveries that are handed out but not yet written to the socket are bounded by a constant window, so that a
/// slow reader never grows memory; the connection opens it again by <see cref="QueueMachine.Written"/>.
/// </summary>
public sealed class Consumer
{
    /// <summary>
    /// Deliveries on their way to the socket, at most. Enough for a connection that writes in batches.
    /// </summary>
    public const int WindowMessages = 2048;

    /// <summary>
    /// Bytes on their way to the socket (<c>Message.SizeBytes</c>), exceeded by one message at most.
    /// </summary>
    public const int WindowBytes = 1024 * 1024;

    internal long WindowBytesLeft = WindowBytes;
    internal int WindowMessagesLeft = WindowMessages;
    internal int Unacked;
    internal long EffectiveTimeoutMs = long.MaxValue;

    /// <summary>In the queue; false before it was added and after it was cancelled.</summary>
    internal bool Attached;

    /// <summary>Its channel's shared prefetch was exhausted; <see cref="QueueMachine.Resume"/> ends it.</summary>
    internal bool Starved;

    /// <summary>The delivery that it is about to get holds a place in <see cref="Shared"/>.</summary>
    internal bool HoldsPlace;

    /// <summary>
    /// The queue has taken back what it did not settle in time. Guarded by the lock of <see cref="Channel"/>.
    /// </summary>
    internal bool HasLostDeliveries;

    /// <summary>The shell was asked to close its channel for being overdue; asked once.</summary>
    internal bool OverdueReported;

    /// <summary>
    /// What the line to its queue's home calls it, on either end; 0: it is on no line, or on none any more.
    /// </summary>
    internal long LineNumber;

    /// <summary>Its queue's home is out of places in the shared prefetch.</summary>
    internal bool WantsPlaces;

    /// <summary>Its queue's home was told last that its shared prefetch limits it.</summary>
    internal bool IsSharedTold;

    /// <summary>Places in the shared prefetch that its queue's home was given and has not used yet.</summary>
    internal int PlacesOut;

    /// <summary>
    /// Of a replicated queue: deliveries that its connection has and has not said to have written, and their bytes. The
    /// stand-in's turn's.
    /// </summary>
    internal int UnwrittenMessages;

    /// <inheritdoc cref="UnwrittenMessages"/>
    internal long UnwrittenBytes;

    // The ring of its level's ready consumers: all null while it cannot take a message.
    internal ConsumerLevel? Level;
    internal Consumer? NextReady;
    internal Consumer? PreviousReady;

    // The chain of all the queue's consumers, in the order they came.
    internal Consumer? Next;
    internal Consumer? Previous;

    // The writer loop's: written since the queue was last told.
    private int _writtenMessages;
    private int _writtenBytes;

    public required string Tag { get; init; }

    /// <summary>The tag as it goes out with every delivery.</summary>
    public byte[] TagBytes { get; init; } = [];

    /// <summary>Where settlements and window reports go.</summary>
    public QueueHome Queue { get; init; } = null!;

    /// <summary>Where its deliveries go. Opaque to the queue.</summary>
    public required DeliveryChannel Channel { get; init; }

    /// <summary>Deliveries count as acknowledged as they are sent; prefetch limits do not apply.</summary>
    public bool NoAck { get; init; }

    public bool Exclusive { get; init; }

    /// <summary>As the client gave them.</summary>
    public FieldTable Arguments { get; init; } = FieldTable.Empty;

    /// <summary>x-priority; higher goes first.</summary>
    public int Priority { get; init; }

    /// <summary>Unacknowledged messages at most; 0 is unlimited.</summary>
    public int PrefetchCount { get; init; }

    /// <summary>Its own acknowledgement timeout, ms; null: the queue's.</summary>
    public long? TimeoutMs { get; init; }

    /// <summary>The prefetch limit of its channel (<c>basic.qos global=true</c>); null: none.</summary>
    public SharedPrefetch? Shared { get; init; }

    /// <summary>Messages it holds. The turn's; others may read an old value.</summary>
    public int UnackedCount => Unacked;

    /// <summary>
    /// The writer loop has written a delivery; the queue is told once a quarter of the window is used.
    /// </summary>
    internal void NoteWritten(int sizeBytes)
    {
        _writtenMessages++;
        _writtenBytes += sizeBytes;
        if (_writtenMessages < WindowMessages / 4 && _writtenBytes < WindowBytes / 4)
            return;
        Queue.Post(QueueCommand.Written(this, _writtenMessages, _writtenBytes));
        _writtenMessages = 0;
        _writtenBytes = 0;
    }

    internal bool HasCredit =>
        (NoAck || PrefetchCount == 0 || Unacked < PrefetchCount) && WindowMessagesLeft > 0 && WindowBytesLeft > 0;

    /// <summary>
    /// What its channel is closed with; <paramref name="queueTimeoutMs"/>: of who has no timeout of its own.
    /// </summary>
    internal AmqpException OverdueError(long? queueTimeoutMs) =>
        new(
            ReplyCode.PreconditionFailed,
            $"delivery acknowledgement on channel {Channel.Number} timed out. "
            + $"Timeout value used: {TimeoutMs ?? queueTimeoutMs} ms. "
            + "This timeout value can be configured, see consumers doc guide to learn more")
        { IsNobodysMethod = true };

    internal void SetTimeout(long? queueTimeoutMs) =>
        EffectiveTimeoutMs = TimeoutMs ?? queueTimeoutMs ?? long.MaxValue;
}
