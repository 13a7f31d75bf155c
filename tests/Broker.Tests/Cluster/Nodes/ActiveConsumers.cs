namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// The consumers of queues that have one active consumer at a time. Who has got something is the active one until it
/// goes, whoever leads the queue: as long as its client has not let it go, was not told of its end and has a node,
/// nobody else gets anything. So what nobody has had comes in each publisher's order, whoever gets it. Only the end of
/// the process that a queue lives in alone ends all of its consumers at once; they hear of it later.
/// </summary>
internal sealed class ActiveConsumers(SimulatedCluster cluster, MessageLedger ledger)
{
    /// <summary>
    /// So long, in steps, something may be on its way from a process that has ended: longer than a node has patience
    /// and stands still.
    /// </summary>
    private const long LateSteps = 600;

    private readonly Dictionary<string, List<ActiveConsumer>> _consumers = [];
    private readonly Dictionary<(string Queue, string Publisher), (int Sequence, string By)> _last = [];
    // What came in this step, by whom and as what.
    private readonly List<(ActiveConsumer Consumer, SentMessage Message, bool IsFirst)> _came = [];
    private readonly Dictionary<string, ActiveConsumer> _lastActive = [];

    /// <summary>How often another one than the last got something.</summary>
    public int HandOvers { get; private set; }

    private long Now => cluster.Network.Now;

    public ActiveConsumer Begin(string queue, string name, SimulatedConnection connection)
    {
        var consumer = new ActiveConsumer(queue, name, connection, Now);
        if (!_consumers.TryGetValue(queue, out List<ActiveConsumer>? all))
            _consumers.Add(queue, all = []);
        all.RemoveAll(static one => one.IsOver);
        all.Add(consumer);
        return consumer;
    }

    /// <summary>It has got something, before its client let it go.</summary>
    public void Got(ActiveConsumer consumer, SentMessage message, bool isRedelivered) =>
        _came.Add((consumer, message, IsFirst: !isRedelivered && message.SoonestAt == 0));

    /// <summary>The end of a step: all clients have read what they were told in it.</summary>
    public void Look()
    {
        if (_came.Count == 0)
            return;
        // In which order they came is not known, but from one client to the next step.
        var before = new Dictionary<(string, string), (int Sequence, string By)>(_last);
        foreach ((ActiveConsumer consumer, SentMessage message, bool isFirst) in _came)
        {
            if (IsLate(consumer, message))
                continue;
            CheckAlone(consumer, message);
            NoteActive(consumer);
            if (isFirst)
                CheckOrder(consumer, message, before);
        }
        _came.Clear();
    }

    // From a process that has ended, or perhaps from it.
    private bool IsLate(ActiveConsumer consumer, SentMessage message)
    {
        long ended = ledger.Lone.EndedAt(consumer.Queue);
        if (ended < consumer.Began)
            return false;
        if (Now - ended < LateSteps)
            return true;
        if (consumer.ConfirmedAt == 0 || consumer.ConfirmedAt > ended)
            return false;
        throw new NodesException(
            $"{consumer.Name} got {message.Text} of {consumer.Queue} at step {Now}: it has consumed since step "
            + $"{consumer.ConfirmedAt}, and the queue's process has ended at step {ended}");
    }

    private void CheckAlone(ActiveConsumer consumer, SentMessage message)
    {
        long ended = ledger.Lone.EndedAt(consumer.Queue);
        if (_consumers[consumer.Queue].Find(
            one => one != consumer && !one.IsOver && one.ActiveAt > Math.Max(ended, 0)) is not { } other)
            return;
        throw new NodesException(
            $"{consumer.Name} got {message.Text} of {consumer.Queue} at step {Now}, consuming since step "
            + $"{consumer.Began}, and {other.Name} is the active one: it consumes since step {other.Began}, got "
            + $"something at step {other.ActiveAt}, and was not told that it is over\n"
            + string.Join('\n', message.Copies[consumer.Queue].Trail));
    }

    private void NoteActive(ActiveConsumer consumer)
    {
        consumer.ActiveAt = Now;
        if (_lastActive.TryGetValue(consumer.Queue, out ActiveConsumer? last) && last != consumer)
            HandOvers++;
        _lastActive[consumer.Queue] = consumer;
    }

    private void CheckOrder(
        ActiveConsumer consumer, SentMessage message, Dictionary<(string, string), (int Sequence, string By)> before)
    {
        (string, string) key = (consumer.Queue, message.Publisher);
        if (before.TryGetValue(key, out (int Sequence, string By) last) && last.Sequence > message.Sequence)
        {
            throw new NodesException(
                $"{consumer.Name} got {message.Text} of {consumer.Queue} at step {Now} for the first time, behind "
                + $"number {last.Sequence} of the same publisher, which {last.By} got before");
        }
        if (!_last.TryGetValue(key, out (int Sequence, string By) now) || now.Sequence < message.Sequence)
            _last[key] = (message.Sequence, consumer.Name);
    }
}
