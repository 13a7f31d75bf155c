using Warren.Broker.Connections;
using Warren.Broker.Messages;
using Warren.Broker.Turns;

namespace Warren.Broker.Queues;

/// <summary>
/// What a queue's turn needs while it runs and not a moment longer: one a thread, so that ten thousand idle queues hold
/// none. Empty between turns.
/// </summary>
internal sealed class QueueScratch
{
    /// <summary>
    /// Effects are carried out at the latest when there are this many, so that the lists stay in the cache.
    /// </summary>
    public const int EffectsPerFlush = 512;

    [ThreadStatic]
    private static QueueScratch? _forThisThread;

    private Slab? _slab;
    private int _references;

    public static QueueScratch ForThisThread => _forThisThread ??= new QueueScratch();

    public BatchSet<Outbox, OutboxItem> Outboxes { get; } =
        new(static (outbox, items) => outbox.Post(items), postsEarly: false);

    /// <summary>What connections are told after their outboxes have what came before it.</summary>
    public List<ChannelEvent> Events { get; } = [];

    /// <summary>Requests whose replies are in <see cref="Outboxes"/>.</summary>
    public List<QueueRequest> Answered { get; } = [];

    // Neighbouring messages mostly share a slab: one interlocked operation for the run of them. It must be done before
    // the outbox has the messages.
    public void AddReference(Slab slab)
    {
        if (!ReferenceEquals(slab, _slab))
        {
            FlushReferences();
            _slab = slab;
        }
        _references++;
    }

    public void FlushReferences()
    {
        if (_references > 0)
            _slab!.AddReferences(_references);
        _references = 0;
        _slab = null;
    }

    /// <summary>Throws away what this thread has gathered: none of it may be told.</summary>
    public static void Abandon() => _forThisThread = null;

    public void Flush()
    {
        FlushReferences();
        Outboxes.Flush();
        foreach (ChannelEvent happened in Events)
            happened.Tell();
        Events.Clear();
        foreach (QueueRequest request in Answered)
            request.Finish();
        Answered.Clear();
    }
}
