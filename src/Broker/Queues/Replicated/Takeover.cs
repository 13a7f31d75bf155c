using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What a new leader learns before it serves: what clients of each node hold. Until then everything else waits, in
/// order. Owned by the queue's turn.
/// </summary>
/// <param name="asked">Nodes that live for all that is known, as long as that is so.</param>
/// <param name="untilMs">For so long.</param>
/// <param name="known">Nodes of which it is known that their clients may hold something, also without a link.</param>
/// <param name="knownUntilMs">For so long.</param>
internal sealed class Takeover(
    IEnumerable<NodeId> asked, long untilMs, IReadOnlyList<NodeId> known, long knownUntilMs)
{
    private readonly HashSet<NodeId> _asked = [.. asked];
    private readonly HashSet<NodeId> _known = [.. known];
    private readonly HashSet<NodeId> _heard = [];
    private readonly List<QueueCommand> _waiting = [];

    /// <summary>Who holds a message, by its position; no consumer: somebody who got it.</summary>
    public Dictionary<long, Consumer?> Claims { get; } = [];

    /// <summary>Consumers that come and go, in the order they did.</summary>
    public List<QueueCommand> Consumers { get; } = [];

    /// <summary>Who had the queue to himself when it served alone: the log does not say so yet.</summary>
    public LoggedHolder Former { get; init; }

    /// <summary>
    /// The same, the one first that has the queue to himself, if he is there; else those that hold something before
    /// the others, of whom one may have had it.
    /// </summary>
    public QueueCommand[] HoldersFirst(LoggedHolder logged)
    {
        logged = OrFormer(logged);
        HashSet<Consumer?> holders = [.. Consumers
            .Where(static command => command.Kind == QueueCommandKind.AddConsumer)
            .Select(static command => (Consumer)command.Target!)
            .Where(one => !logged.Node.IsNone && LoggedHolder.Of(one) == logged)];
        if (holders.Count == 0)
            holders = [.. Claims.Values.Where(static holder => holder is not null)];
        bool IsHolder(QueueCommand command) => command.Kind == QueueCommandKind.AddConsumer
            && holders.Contains((Consumer)command.Target!);
        return holders.Count == 0
            ? [.. Consumers]
            : [.. Consumers.Where(IsHolder), .. Consumers.Where(command => !IsHolder(command))];
    }

    /// <summary>The one who has the queue to himself is at a node that has not said what its clients hold.</summary>
    public bool Misses(LoggedHolder logged) =>
        OrFormer(logged) is { Node.IsNone: false } holder && !_heard.Contains(holder.Node);

    /// <summary>
    /// The same, where the log does not say who it is: one consumer at a time has the queue, and nobody who answered is
    /// known to be it.
    /// </summary>
    public bool MissesHolder(QueueSettings settings) => Claims.Values.All(static holder => holder is null)
        && (settings.SingleActiveConsumer
            || Consumers.Exists(static command => command.Target is Consumer { Exclusive: true }));

    /// <summary>Everything else, in the order it came.</summary>
    public List<QueueCommand> Waiting => _waiting;

    /// <summary>All have said what their clients hold, or have had the time to.</summary>
    public bool IsOver(long nowMs, ILeaderAnnouncer announcer)
    {
        if (_asked.Count > 0)
            _asked.IntersectWith(announcer.Nodes);
        return (_asked.Count == 0 || nowMs >= untilMs) && (_known.Count == 0 || nowMs >= knownUntilMs);
    }

    /// <summary>A node has said all that its clients hold, or is gone.</summary>
    public void Heard(NodeId node)
    {
        _asked.Remove(node);
        _known.Remove(node);
        _heard.Add(node);
    }

    public void Claim(HeldClaim claim)
    {
        foreach (long position in claim.Positions)
            Claims[position] = claim.Consumer;
    }

    public void Add(in QueueCommand command)
    {
        // It is with its client until the settlement is handled.
        if (command.Kind >= QueueCommandKind.SettleAt)
            Claims.TryAdd(command.First, null);
        if (command.Kind is QueueCommandKind.AddConsumer or QueueCommandKind.CancelConsumer)
            Consumers.Add(command);
        else
            _waiting.Add(command);
    }

    private LoggedHolder OrFormer(LoggedHolder logged) => logged.Node.IsNone ? Former : logged;
}
