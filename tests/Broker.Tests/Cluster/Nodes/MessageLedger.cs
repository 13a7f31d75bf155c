using Warren.Broker.Delays;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>What became of all messages, and what must not become of them.</summary>
internal sealed class MessageLedger
{
    /// <summary>A queue with this name sends what is rejected to <see cref="DeadLetters"/>.</summary>
    public const string Rejecting = "m0";

    public const string DeadLetters = "m1";

    /// <summary>
    /// Where it is replicated some messages of this one expire, and become <see cref="DeadLetters"/> too.
    /// </summary>
    public const string Expiring = "m4";

    /// <summary>
    /// Where it is replicated, which it always is then, some messages of this one wait at an exchange of
    /// <see cref="Later"/> first.
    /// </summary>
    public const string Delayed = "m2";

    /// <summary>The delayed exchange.</summary>
    public const string Later = "later";

    /// <summary>
    /// A node that was away longer than it has patience gives up what it had on the way; a little less, since both ends
    /// count for themselves.
    /// </summary>
    private const long PatienceSteps = 360;

    /// <summary>
    /// A leader waits so long for what clients hold of a node that is not reached, in steps, and nobody waits for less
    /// than that.
    /// </summary>
    private const long TakeoverSteps = 190;

    /// <summary>What was taken so long ago is on the home's disk, in steps.</summary>
    private const long StoredSteps = 1600;

    private readonly Dictionary<string, SentMessage> _messages = [];
    // Taken, and not stored yet for all that is known, in the order in which they were taken.
    private readonly Queue<(string Queue, MessageCopy Copy, long TakenAt)> _unstored = [];
    private readonly SimulatedCluster _cluster;

    public MessageLedger(SimulatedCluster cluster)
    {
        _cluster = cluster;
        Takeovers = new TakeoverRecord(cluster);
        Frontiers = new FrontierCheck(cluster);
        Bridges = new BridgeRecord(cluster);
        Lone = new LoneHomes(this);
        Actives = new ActiveConsumers(cluster, this);
    }

    public Dictionary<string, SimulatedNode> Homes { get; } = [];

    /// <summary>Those with members on several nodes: no crash of a home excuses anything.</summary>
    public HashSet<string> Replicated { get; } = [];

    /// <summary>When which node began to lead these.</summary>
    public TakeoverRecord Takeovers { get; }

    /// <summary>Looks how far messages are handed out.</summary>
    public FrontierCheck Frontiers { get; }

    /// <summary>When wall clocks had to say how much time has passed in a queue.</summary>
    public BridgeRecord Bridges { get; }

    /// <summary>When queues on one node lost what was not on its disk.</summary>
    public LoneHomes Lone { get; }

    /// <summary>Who is the active consumer where there is one.</summary>
    public ActiveConsumers Actives { get; }

    /// <summary>Those that have members on several nodes at times.</summary>
    public HashSet<string> Mirrored { get; } = [];

    /// <summary>It has members on several nodes, or may have them now.</summary>
    public bool MayBeReplicated(string queue) => Replicated.Contains(queue) || Mirrored.Contains(queue);

    public int Delivered { get; private set; }

    public int Redelivered { get; private set; }

    public int Settled { get; private set; }

    /// <summary>Confirmed messages that went with the process of a queue on one node.</summary>
    public int Gone { get; private set; }

    /// <summary>How often something came that had expired.</summary>
    public int Expired { get; private set; }

    private long Now => _cluster.Network.Now;

    public SentMessage Sent(
        string publisher, int sequence, long expiresAt, long soonestAt, params string[] queues)
    {
        var message = new SentMessage(publisher, sequence, queues, Now, expiresAt) { SoonestAt = soonestAt };
        _messages.Add(message.Text, message);
        return message;
    }

    /// <summary>
    /// A client has got a message; returns it and its copy in this queue. One that has asked for the end of its
    /// connection still gets what was on its way to it, whoever else has had it since.
    /// </summary>
    public (SentMessage Message, MessageCopy Copy) Arrived(
        string queue, string text, bool isRedelivered, string by, SimulatedNode? node = null, bool isClosing = false)
    {
        Delivered++;
        if (!_messages.TryGetValue(text, out SentMessage? message))
            throw new NodesException($"{by} got {text} of {queue}, which nobody has sent");
        if (Now < message.SoonestAt && !Bridges.IsSince(DelayStore.NameOf(Later), message.SentAt))
        {
            throw new NodesException(
                $"{by} got {text} of {queue} at step {Now}, which was sent at step {message.SentAt} and may come from "
                + $"step {message.SoonestAt} on");
        }
        bool isExpired = IsOfExpiring(queue, message);
        if (isExpired)
            CheckExpired(message, by);
        bool isDeadLetter = isExpired || (queue == DeadLetters
            && message.Copies.TryGetValue(Rejecting, out MessageCopy? rejected) && rejected.IsRejected);
        if (!message.Copies.TryGetValue(queue, out MessageCopy? copy))
        {
            if (!isDeadLetter)
                throw new NodesException($"{by} got {text} of {queue}, where it was never to go");
            message.Copies.Add(queue, copy = new MessageCopy());
        }
        // Dead letters arrive at least once.
        copy.Trail.Add($"step {Now}: {by} got it{(isRedelivered ? " again" : "")}");
        if (copy.IsDeliveredFirst && !isRedelivered && !isDeadLetter)
        {
            throw new NodesException(
                $"{by} got {text} of {queue} a second time, as if it were the first; home {Homes[queue].Name}\n"
                + string.Join('\n', copy.Trail));
        }
        if (isRedelivered)
            Redelivered++;
        bool mayBeOld = isClosing
            || (node is not null && MayBeReplicated(queue) && Takeovers.MayBeBehind(queue, node.Id));
        if (copy.TakenAt > 0 && !isDeadLetter && !mayBeOld)
            CheckMayComeBack(queue, text, copy, by);
        if (copy.Holding is { } holding && !isDeadLetter && !mayBeOld)
            CheckMayLeave(queue, text, copy, by, holding);
        copy.IsDelivered = true;
        copy.IsDeliveredFirst |= !isRedelivered;
        return (message, copy);
    }

    /// <summary>An acknowledgement was sent, or a rejection.</summary>
    public void Settle(MessageCopy copy, bool rejects)
    {
        Settled++;
        copy.IsSettled = true;
        copy.IsRejected |= rejects;
        copy.IsAcknowledged |= !rejects;
    }

    /// <summary>The channel has said something that comes after the settlement.</summary>
    /// <param name="queue">Whose message it was.</param>
    /// <param name="copy">The message.</param>
    /// <param name="node">Whose client has it settled.</param>
    /// <param name="deliveredAt">When that had come.</param>
    /// <param name="crashesThen">See <see cref="CrashesOf"/>; at that time.</param>
    public void Taken(
        string queue, MessageCopy copy, SimulatedNode node, long deliveredAt, (int, int) crashesThen)
    {
        copy.Trail.Add($"step {Now}: {node.Name} has taken the acknowledgement");
        copy.TakenAt = Now;
        copy.DeliveredAt = deliveredAt;
        copy.TakenBy = node;
        copy.CrashesThen = crashesThen;
        // It says something of one acknowledgement: this is another.
        copy.IsStored = false;
        _unstored.Enqueue((queue, copy, Now));
    }

    /// <summary>How often a client's node and a queue's home have crashed.</summary>
    public (int Taker, int Home) CrashesOf(SimulatedNode node, string queue) => (node.Crashes, Homes[queue].Crashes);

    /// <summary>
    /// What a queue holds when nobody uses it, in its order; <paramref name="again"/> has been handed out before.
    /// </summary>
    public void CheckRest(string queue, List<string> texts, IReadOnlySet<string> again)
    {
        var seen = new HashSet<string>();
        var last = new Dictionary<string, int>();
        foreach (string text in texts)
        {
            (SentMessage message, MessageCopy copy) = Arrived(queue, text, isRedelivered: true, "the last client");
            bool mayBeTwice = queue == DeadLetters
                && (message.Copies.ContainsKey(Rejecting) || IsOfExpiring(queue, message));
            if (!seen.Add(text) && !mayBeTwice)
                throw new NodesException($"{queue} holds {text} twice");
            if (mayBeTwice)
                continue;
            // A quorum queue puts what came back behind the rest.
            if (again.Contains(text) && Replicated.Contains(queue))
                continue;
            if (message.SoonestAt > 0)
                continue;
            if (last.TryGetValue(message.Publisher, out int before) && before > message.Sequence)
                throw new NodesException($"{queue} holds {text} behind number {before} of the same publisher");
            last[message.Publisher] = message.Sequence;
        }
        foreach (SentMessage message in _messages.Values)
        {
            // One that was delivered here before it was on the disk, and came back where it was rejected, is looked for
            // there: see CheckDeadLetters.
            bool isDeadLetter = queue == DeadLetters
                && (message.Copies.ContainsKey(Rejecting) || IsOfExpiring(queue, message));
            if (message.IsConfirmed && !isDeadLetter && !HasExpired(queue, message)
                && message.Copies.TryGetValue(queue, out MessageCopy? copy)
                && !copy.IsSettled && !seen.Contains(message.Text))
            {
                if (MayBeGone(queue, message))
                {
                    Gone++;
                    continue;
                }
                throw new NodesException(
                    $"{message.Text} was confirmed, is not in {queue}, and nobody has acknowledged it; home "
                    + $"{Homes[queue].Name}\n{string.Join('\n', copy.Trail)}");
            }
        }
    }

    /// <summary>
    /// What a queue has confirmed, and has no more, is among the dead letters, or somebody has had it there.
    /// </summary>
    /// <param name="queue">Whose dead letters they are.</param>
    /// <param name="goesThere">Whether a message of this queue was to go there, if it is not in it.</param>
    /// <param name="left">What is among the dead letters.</param>
    /// <param name="leftHere">What is in the queue.</param>
    public void CheckDeadLetters(
        string queue, Predicate<MessageCopy> goesThere, IReadOnlySet<string> left, IReadOnlySet<string> leftHere)
    {
        foreach (SentMessage message in _messages.Values)
        {
            if (message.Copies.TryGetValue(queue, out MessageCopy? copy) && goesThere(copy) && message.IsConfirmed
                && !left.Contains(message.Text) && !leftHere.Contains(message.Text)
                && !MayBeGone(queue, message) && !MayBeGone(DeadLetters, message) && !MayGetLost(queue, message)
                && !(message.Copies.TryGetValue(DeadLetters, out MessageCopy? dead) && dead.IsDelivered))
            {
                throw new NodesException(
                    $"{message.Text} was to go from {queue} to the dead letters, and is nowhere\n"
                    + string.Join('\n', copy.Trail));
            }
        }
    }

    // It has come from where it expired.
    private static bool IsOfExpiring(string queue, SentMessage message) => queue == DeadLetters
        && message.ExpiresAt != long.MaxValue && message.Copies.ContainsKey(Expiring);

    // It was in the memory of a process that has ended, and nowhere else.
    private bool MayBeGone(string queue, SentMessage message) =>
        message.IsTransient && Lone.EndedAt(queue) >= message.SentAt;

    // Nothing keeps it until it has arrived at the dead letters.
    private bool MayGetLost(string queue, SentMessage message) =>
        message.IsTransient && !Lone.WasLedAt(queue, message.SentAt)
        && _cluster.Nodes.Any(node => !node.IsForgotten
            && _cluster.Network.HadOutage(Homes[queue].Id, node.Id, message.SentAt, Now));

    private bool HasExpired(string queue, SentMessage message) =>
        queue == Expiring && (message.ExpiresAt <= Now || Bridges.IsSince(queue, message.SentAt));

    private void CheckExpired(SentMessage message, string by)
    {
        Expired++;
        if (message.ExpiresAt <= Now || Bridges.IsSince(Expiring, message.SentAt))
            return;
        throw new NodesException(
            $"{by} got {message.Text}, which has expired before its time: it was sent at step {message.SentAt}, and "
            + $"may expire from step {message.ExpiresAt} on\n"
            + string.Join('\n', message.Copies[Expiring].Trail));
    }

    // What a client holds stays with it, whoever leads the queue, or takes it over, for the same reasons.
    private void CheckMayLeave(string queue, string text, MessageCopy copy, string by, Holding holding)
    {
        SimulatedNode home = Homes[queue];
        if (holding.Node.Crashes != holding.CrashesThen.Taker
            || (!Replicated.Contains(queue)
                && (home.Crashes != holding.CrashesThen.Home || home.StartedAt > holding.Since)))
            return;
        long outage = _cluster.Nodes.Where(node => node != holding.Node)
            .Max(node => _cluster.Network.LongestOutage(holding.Node.Id, node.Id, holding.Since));
        if (outage >= TakeoverSteps
            || (MayBeReplicated(queue) && Takeovers.WasMissed(queue, holding.Node.Id, holding.Since)))
            return;
        throw new NodesException(
            $"{by} got {text} of {queue} at step {Now}, which {holding.Name} has held since step {holding.Since}; the "
            + $"longest time without a link was {outage} steps\n" + string.Join('\n', copy.Trail));
    }

    // An acknowledgement is on its way to the home's disk: only a crash on that way, or a node that was away longer
    // than it has patience, may lose it.
    private void CheckMayComeBack(string queue, string text, MessageCopy copy, string by)
    {
        SimulatedNode home = Homes[queue];
        SimulatedNode taker = copy.TakenBy!;
        if (Replicated.Contains(queue))
        {
            CheckMayComeBack(queue, text, copy, by, taker);
            return;
        }
        if (Mirrored.Contains(queue))
        {
            CheckMirrorMayComeBack(queue, text, copy, by, taker, home);
            return;
        }
        long outage = taker == home ? 0 : _cluster.Network.LongestOutage(taker.Id, home.Id, copy.DeliveredAt);
        if (outage >= PatienceSteps || (!copy.IsStored && HasCrashed(queue, copy)))
            return;
        throw new NodesException(
            $"{by} got {text} of {queue} at step {Now}, which a client of {taker.Name} had acknowledged at step "
            + $"{copy.TakenAt}; its home is {home.Name}, which has crashed {home.Crashes} times, and the longest time "
            + $"without a link was {outage} steps\n" + string.Join('\n', copy.Trail));
    }

    // The client's node, or the home, since it was sent to the client. It may have come from a process that had crashed
    // meanwhile: the home was down when it came, its acknowledgement is for nobody, and is never stored.
    private bool HasCrashed(string queue, MessageCopy copy) =>
        CrashesOf(copy.TakenBy!, queue) != copy.CrashesThen || Homes[queue].StartedAt > copy.DeliveredAt;

    // Its node keeps an acknowledgement until it is committed: only if that is lost with it, or comes too late to the
    // leader, or to the next one.
    private void CheckMayComeBack(string queue, string text, MessageCopy copy, string by, SimulatedNode taker)
    {
        long outage = _cluster.Nodes.Where(node => node != taker)
            .Max(node => _cluster.Network.LongestOutage(taker.Id, node.Id, copy.DeliveredAt));
        if (taker.Crashes != copy.CrashesThen.Taker || outage >= TakeoverSteps
            || Takeovers.WasMissed(queue, taker.Id, copy.DeliveredAt))
            return;
        throw new NodesException(
            $"{by} got {text} of the replicated {queue} at step {Now}, which a client of {taker.Name} had acknowledged "
            + $"at step {copy.TakenAt}; the longest time without a link was {outage} steps\n"
            + string.Join('\n', copy.Trail));
    }

    // As long as it lives on its home alone that must not crash; with members it is as if it had always had some.
    private void CheckMirrorMayComeBack(
        string queue, string text, MessageCopy copy, string by, SimulatedNode taker, SimulatedNode home)
    {
        if (home.Crashes == copy.CrashesThen.Home && home.StartedAt <= copy.DeliveredAt)
            CheckMayComeBack(queue, text, copy, by, taker);
    }

    /// <summary>Time passes: what was acknowledged long ago without a crash is gone for good.</summary>
    public void NoteStored()
    {
        while (_unstored.TryPeek(out (string Queue, MessageCopy Copy, long TakenAt) next)
            && Now - next.TakenAt > StoredSteps)
        {
            _unstored.Dequeue();
            if (next.Copy.TakenAt == next.TakenAt && !HasCrashed(next.Queue, next.Copy))
                next.Copy.IsStored = true;
        }
    }
}
