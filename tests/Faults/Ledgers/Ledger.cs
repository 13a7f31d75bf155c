namespace Warren.Faults.Ledgers;

/// <summary>
/// What clients know of a broker's queues, and with it what must, may and must not be there after the broker was
/// killed. Clients write down what they are about to send before they send it and what they got once they have it. All
/// are guarded by one lock. A <em>life</em> is the time from a start of the node to its kill.
/// </summary>
/// <remarks>
/// When an ack is durable: when it was sent before a publish to the same queue on the same channel and that publish was
/// confirmed (the queue takes both in order, and its log is one sequence), or in a transaction whose commit was
/// answered. Nobody publishes a message twice, so that no duplicate is ever allowed.
/// </remarks>
public sealed class Ledger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, QueueLedger> _queues = [];
    private int _sources;

    public Ledger(Guarantees guarantees) => Guarantees = guarantees;

    /// <summary>What the broker promises.</summary>
    public Guarantees Guarantees { get; }

    /// <summary>The node's life, from 1.</summary>
    public int Life { get; private set; } = 1;

    /// <summary>What was wrong.</summary>
    public Findings Findings { get; } = new();

    /// <summary>How much was done.</summary>
    public Tally Tally { get; } = new();

    /// <summary>Called with every confirmed message, under the lock; must be quick.</summary>
    public Action? OnConfirmed { get; set; }

    internal Lock Lock => _lock;

    /// <summary>A number for somebody who publishes.</summary>
    public int NewSource() => Interlocked.Increment(ref _sources);

    /// <summary>Opens the ledger of a queue.</summary>
    public QueueLedger Open(string queue, QueueTraits traits)
    {
        var ledger = new QueueLedger(this, queue, traits);
        lock (_lock)
            _queues.Add(queue, ledger);
        return ledger;
    }

    /// <summary>The ledger of a queue that was opened.</summary>
    public QueueLedger this[string queue]
    {
        get
        {
            lock (_lock)
                return _queues[queue];
        }
    }

    /// <summary>A message is about to be sent, or the commit that makes it count.</summary>
    public void Publishing(Message message, IEnumerable<QueueLedger> queues)
    {
        lock (_lock)
        {
            foreach (QueueLedger queue in queues)
                queue.Expect(message);
        }
    }

    /// <summary>Messages are about to be committed.</summary>
    public void Publishing(IReadOnlyList<Message> messages, IReadOnlyList<QueueLedger> queues)
    {
        foreach (Message message in messages)
            Publishing(message, queues);
    }

    /// <summary>It is confirmed, so all the queues have it.</summary>
    public void Confirmed(Message message, IEnumerable<QueueLedger> queues)
    {
        lock (_lock)
        {
            Tally.Confirmed++;
            foreach (QueueLedger queue in queues)
                queue.Confirmed(message);
            OnConfirmed?.Invoke();
        }
    }

    /// <summary>The broker refused it: it may be anywhere or nowhere.</summary>
    public void Refused()
    {
        lock (_lock)
            Tally.Refused++;
    }

    /// <summary>Something is wrong that is not about a message.</summary>
    public void Found(FindingKind kind, string text)
    {
        lock (_lock)
            Findings.Add(kind, text);
    }

    /// <summary>The node is dead and its clients have read all it sent.</summary>
    public void Ended()
    {
        lock (_lock)
        {
            Life++;
            foreach (QueueLedger queue in _queues.Values)
                queue.Ended();
        }
    }
}
