using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues.Remote;
using Warren.Cluster;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The stand-in of a replicated queue, on every node, the one that leads it included: its line goes to whoever leads
/// now. When the leader changes the line ends and another one begins, on which everything is said again that is not
/// settled: consumers with what they hold, acknowledgements that were not committed, publishes without a verdict,
/// requests without an answer. No client notices. Only when nobody leads for longer than
/// <see cref="LineOptions.PublishPatience"/> publishes are nacked, requests refused and consumers cancelled.
/// Everything is its turn's, but for what others may read.
/// </summary>
internal sealed class ReplicatedHome : StandIn
{
    private const long MostRetryPauseMs = 1000;

    private readonly ReplicatedPublishes _publishes;
    private readonly ReplicatedClients _clients;
    private readonly UncommittedSettlements _uncommitted;
    private LinePeer? _peer;
    private long _term;
    private long _process;
    // The leader has answered on this line.
    private bool _isServed;
    // It has said that it does not lead, and is not asked again before this; how long after the next such word.
    private long _retryAtMs;
    private long _retryPauseMs;
    // Since when somebody waits for a leader; none: nobody does.
    private long? _waitsSinceMs;
    // Since when there is no link with the leader, and when it may be told next.
    private long? _unreachedSinceMs;
    private long _tellsAtMs;

    /// <param name="broker">The node's.</param>
    /// <param name="links">The node's.</param>
    /// <param name="settings">The rules in force.</param>
    internal ReplicatedHome(MessageBroker broker, QueueLinks links, QueueSettings settings)
        : base(broker, links, peer: null, settings)
    {
        _publishes = new ReplicatedPublishes(this, Lanes);
        _clients = new ReplicatedClients(this, Lanes, broker);
        _uncommitted = new UncommittedSettlements(Lanes.Settlements);
    }

    /// <summary>The node that leads, as far as is known here; none: nobody does.</summary>
    public NodeId LeaderNode => Volatile.Read(ref _peer)?.Id ?? NodeId.None;

    // This node's link with itself does not end when it leads no more.
    private bool IsLedHere => Links.FindLeader(Definition.Id.Value) is not null;

    /// <inheritdoc/>
    public override bool IsReached => IsUp && (Volatile.Read(ref _peer)?.IsOwn != true || IsLedHere);

    protected override RemoteClients Clients => _clients;

    protected override StandInPublishes Publishes => _publishes;

    private protected override QueueHome? Known => Links.FindLeader(Definition.Id.Value)?.Queue;

    // Somebody here is served only by a leader that answers.
    private bool IsWaiting => !IsGone && !(IsUp && HasLine && _isServed) && (_clients.IsWaiting || _publishes.HasAny);

    private bool HasSomething => _clients.HasAny || _publishes.HasAny || _uncommitted.Count > 0;

    // A leader that was given up, and whose link is there, may answer yet: nothing else would tell.
    private bool WantsLine => HasSomething || IsGivenUp;

    /// <inheritdoc/>
    public override void Attach() => Signal(LineSignal.Led, 0);

    /// <inheritdoc/>
    public override bool IsServedBy(LinePeer peer) => Volatile.Read(ref _peer) == peer;

    internal override void NeedLine()
    {
        if (HasLine || IsGone || _peer is null || !IsUp || Broker.NowMs < _retryAtMs)
            return;
        Lanes.Begin(Links.NextLine(), LineFrame.OfReplicated);
        Epochs.Begin();
        _isServed = false;
        _publishes.KeepsAll = false;
        LineWriting.Source(Lanes.Posts, Links.Source);
        // First what is settled: a leader that has not waited for this node hands it out to the next who consumes.
        _uncommitted.WriteAll();
        _clients.WriteConsumers();
        LineWriting.ClaimsComplete(Lanes.Settlements);
        _publishes.WriteAll();
        _clients.WriteRequests();
    }

    /// <inheritdoc/>
    internal override AmqpException HomeIsDown() => new(
        ReplyCode.NotFound,
        Volatile.Read(ref _peer) is { IsOwn: false, IsRelayed: true } leader && !IsUp
            ? $"leader node '{Links.NameOf(leader.Id)}' of {Describe()} is not reachable from this node"
            : $"{Describe()} has no leader: a majority of its members "
            + $"({string.Join(", ", Definition.Members.Select(Links.NameOf))}) "
            + "is not reachable");

    protected override void OnAdopt(Adoption adoption)
    {
        _publishes.KeepsAll = !HasLine;
        _clients.Adopt(adoption);
        if (adoption.Epochs is { } former)
            Epochs.GoOnFrom(former);
        foreach (long position in adoption.Acknowledged)
            _uncommitted.Add(LineItemKind.AcknowledgeAt, position);
        foreach (long position in adoption.Rejected)
            _uncommitted.Add(LineItemKind.RejectAt, position);
    }

    protected override void OnPublish(in OwedPublish owed, Message message)
    {
        // Before it is among those that a new line begins with.
        NeedLine();
        _publishes.Add(owed, message);
    }

    // A delivery has a slot on its own line alone; on every other it goes by its position. Without a line a message
    // that is given back is simply not claimed on the next one.
    protected override void OnSettlement(LineItemKind kind, in QueueCommand command)
    {
        bool isHeld = _clients.Held.TryTake(command.First, out long line, out long position);
        if (HasLine && (isHeld ? line == Lanes.Line : command.Priority == Epochs.Current))
            LineWriting.Settlement(Lanes.Settlements, kind, command.Slot, command.First);
        else if (!isHeld && kind != LineItemKind.Acknowledge)
            return;
        else if (HasLine)
        {
            LineWriting.SettlementAt(
                Lanes.Settlements, (LineItemKind)(kind - LineItemKind.Acknowledge + LineItemKind.AcknowledgeAt),
                position);
        }
        // Of what its client did not hold any more nothing is told twice: it may be somebody else's by then.
        if (kind is LineItemKind.Acknowledge or LineItemKind.Reject && (isHeld || !HasLine))
        {
            _uncommitted.Add(
                kind == LineItemKind.Acknowledge ? LineItemKind.AcknowledgeAt : LineItemKind.RejectAt, position);
        }
    }

    protected override bool Takes(ushort kind, long line, LinePeer? from)
    {
        if (from == _peer && Lanes.Takes(kind, line))
        {
            if (kind != LineFrame.Closed)
                NoteServed();
            return true;
        }
        // One that led before: what it has handed out on its line is claimed from another by now.
        if (from != _peer && kind != LineFrame.Closed)
            TellEnd(from!, line);
        return false;
    }

    protected override void TakeWord(ushort kind, ref LineReader reader, QueueScratch scratch)
    {
        switch (kind)
        {
            case LineFrame.LeaderReceipt:
                Lanes.TakeReceipt(ref reader);
                long committed = reader.Int64();
                _uncommitted.Committed(committed);
                _clients.Committed(committed);
                break;
            case LineFrame.Closed:
                EndLine();
                if ((LineClosed)reader.Byte() != LineClosed.NoSuchLine)
                    Pause();
                break;
        }
    }

    protected override void OnNonsense(FormatException error, QueueScratch scratch)
    {
        Links.Refuse(_peer!.Id, $"as the leader of {Describe()}", error);
        TellEnd(_peer, Lanes.Line);
        EndLine();
        Pause();
    }

    private void NoteServed()
    {
        _isServed = true;
        _retryPauseMs = 0;
        IsGivenUp = false;
    }

    // Whoever leads next says so himself: it is asked again in case that word was lost, and ever less often, since each
    // time it is told everything.
    private void Pause()
    {
        _retryPauseMs = Math.Clamp(
            2 * _retryPauseMs, (long)Links.Options.TickInterval.TotalMilliseconds, MostRetryPauseMs);
        _retryAtMs = Broker.NowMs + _retryPauseMs;
    }

    protected override void OnSignal(LineSignal signal, long process, QueueScratch scratch)
    {
        switch (signal)
        {
            case LineSignal.Led:
                OnLed(scratch);
                break;
            case LineSignal.Up or LineSignal.Down:
                LookAtLink(signal == LineSignal.Up);
                break;
        }
    }

    protected override void OnTick(QueueScratch scratch)
    {
        if (!IsGivenUp && _waitsSinceMs is { } since)
            Wait(Broker.NowMs - since, scratch);
        TellUnreached();
    }

    // Its leader lives, and others reach it: one of them may lead, and serve the clients of this node too.
    private void TellUnreached()
    {
        long nowMs = Broker.NowMs;
        if (_unreachedSinceMs is not { } since || nowMs < _tellsAtMs || !(HasSomething || IsGivenUp)
            || nowMs - since < Links.Options.UnreachedPatience.TotalMilliseconds || !_peer!.IsRelayed)
            return;
        _tellsAtMs = nowMs + (long)Links.Options.UnreachedPatience.TotalMilliseconds;
        _peer.News.Unreached(Definition.Id.Value, _term);
    }

    private void OnLed(QueueScratch scratch)
    {
        LeaderBook.Entry told = Links.LeaderBook.Of(Definition.Id.Value);
        if (IsGone || told.Term == 0)
            return;
        if (told.Term > _term)
            Follow(Links.PeerOf(told.Leader), told.Term, scratch);
        // It waits to hear what each node's clients hold; of those that hold something a line tells.
        if (!HasSomething && !HasLine)
            Links.TellHoldsNothing(_peer!, Definition.Id.Value, _term);
    }

    private void Follow(LinePeer leader, long term, QueueScratch scratch)
    {
        if (HasLine)
            TellEnd(_peer!, Lanes.Line);
        EndLine();
        if (_peer is not null && _peer != leader)
        {
            _clients.CancelOnFailover(scratch);
            _peer.Detach(this);
        }
        _term = term;
        _retryAtMs = 0;
        _retryPauseMs = 0;
        _waitsSinceMs = null;
        IsGivenUp = false;
        _tellsAtMs = 0;
        if (_peer == leader)
            return;
        _unreachedSinceMs = null;
        Volatile.Write(ref _peer, leader);
        Lanes.Peer = leader;
        _process = 0;
        IsUp = false;
        // It tells how its link is.
        leader.Attach(this);
    }

    // Signals may be of a node that led before: what counts is how it is with the one that leads now.
    private void LookAtLink(bool isNew)
    {
        IsUp = _peer!.TryGetProcess(out long process);
        _unreachedSinceMs = IsUp ? null : _unreachedSinceMs ?? Broker.NowMs;
        if (!IsUp || !isNew)
            return;
        if (process != _process && HasLine)
            EndLine();
        if (IsGivenUp)
        {
            IsGivenUp = false;
            _waitsSinceMs = null;
        }
        _process = process;
        Lanes.Rewind();
    }

    private void Wait(long ms, QueueScratch scratch)
    {
        if (ms >= Links.Options.PublishPatience.TotalMilliseconds)
            GiveUp(scratch);
        else if (ms >= Links.Options.Patience.TotalMilliseconds)
            _clients.CancelHolders(Settings.SingleActiveConsumer, scratch);
    }

    private void GiveUp(QueueScratch scratch)
    {
        IsGivenUp = true;
        if (HasLine && IsUp)
            TellEnd(_peer!, Lanes.Line);
        EndLine();
        Pause();
        _publishes.Refuse(LineEnd.Away, scratch);
        _clients.End(LineEnd.Away, scratch);
    }

    protected override void OnGone(QueueScratch scratch)
    {
        if (HasLine && IsUp)
            TellEnd(_peer!, Lanes.Line);
        Lanes.End();
        _publishes.Refuse(LineEnd.Gone, scratch);
        _clients.End(LineEnd.Gone, scratch);
        _clients.Forget();
        _uncommitted.Clear();
        _peer?.Detach(this);
    }

    private void EndLine()
    {
        if (!HasLine)
            return;
        Lanes.End();
        _clients.LineEnded();
    }

    // When it finds no room the next frame of that line is answered by it.
    private void TellEnd(LinePeer peer, long line)
    {
        Span<byte> end = stackalloc byte[LineFrame.AddressBytes];
        LineFrame.WriteAddress(end, Definition.Id.Value, line);
        peer.TrySend(LinkClass.Acknowledgements, LineFrame.Ended, end);
    }

    protected override void EndTurn()
    {
        if (WantsLine)
            NeedLine();
        _publishes.TellAnswered();
        if (IsUp)
            Lanes.Send(Definition.Id.Value, this);
        if (IsGivenUp)
            _publishes.GiveAllCredit();
        else
            _publishes.GiveCredit();
        SetFull(_publishes.IsFullOfDeadLetters);
        _waitsSinceMs = IsWaiting ? _waitsSinceMs ?? Broker.NowMs : null;
        // Who is refused from then on has the leader told.
        bool tells = _unreachedSinceMs is { } lost && HasSomething
            && Broker.NowMs - lost < Links.Options.PublishPatience.TotalMilliseconds;
        if (IsGivenUp)
            TellUnreached();
        if (Lanes.IsUntold || _waitsSinceMs is not null || tells || (WantsLine && !HasLine && IsUp))
            WantTick();
    }
}
