using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// Reads that see everything that was committed before they were asked (thesis, section 6.4): the leader notes its
/// commit index, learns from a majority that it still led when it was asked, and the reader waits until it has applied
/// up to the index. One round of heartbeats answers all that wait when it goes out. No clock is believed.
/// </summary>
internal sealed class ReadBarriers(RaftNode node, long firstRequest)
{
    /// <summary>This member's own, wherever they are answered.</summary>
    private readonly List<Waiter> _own = [];

    /// <summary>At the leader: of all members.</summary>
    private readonly List<Pending> _pending = [];

    private readonly List<BarrierOutcome> _failed = [];

    /// <summary>The newest round; waiters join it until it has gone out to somebody.</summary>
    private long _round;

    private bool _isRoundOpen;

    /// <summary>
    /// The last request. The first is drawn, so that an answer to what this member asked before it was started again is
    /// none of its own.
    /// </summary>
    private long _requests = firstRequest;

    /// <summary>Ticks since the last request.</summary>
    private int _quietTicks;

    public bool WantsRound => _isRoundOpen && node.HasCommittedInTerm;

    /// <summary>This member waits for a barrier.</summary>
    public bool HasOwn => _own.Count > 0;

    /// <summary>The newest round that nobody joins any more.</summary>
    public long ClosedRound => _isRoundOpen ? _round - 1 : _round;

    public void Request(long id)
    {
        var waiter = new Waiter(id, 0, default, 0);
        if (node.IsLeader)
            waiter = waiter with { Request = AskSelf() };
        else if (!node.Leader.IsNone)
            waiter = waiter with { Request = AskLeader() };
        _own.Add(waiter);
        AnswerPending();
    }

    /// <summary>The newest round that can be confirmed; from now on nobody joins it.</summary>
    public long StartRound()
    {
        // Whoever joins while nothing of this term is committed is told an index later, and is confirmed later still.
        if (_isRoundOpen && !node.HasCommittedInTerm)
            return _round - 1;
        _isRoundOpen = false;
        return _round;
    }

    public void OnRound() => AnswerPending();

    /// <summary>What the leader was asked, or has answered, may be lost: it is asked again.</summary>
    public void AskAgain()
    {
        if (!node.IsLeader)
            LeaderChanged();
    }

    public void OnRequest(NodeId from, BarrierRequest request)
    {
        _pending.Add(new Pending(from, request.Number, Join()));
        AnswerPending();
    }

    public void OnAnswer(NodeId from, BarrierAnswer answer)
    {
        if (from == node.Leader)
            Reach(answer.Number, answer.Index);
    }

    /// <summary>Whoever led has answered all that it will.</summary>
    public void LeaderChanged()
    {
        _pending.Clear();
        _isRoundOpen = false;
        bool isAsked = _own.Any(waiter => waiter.Index.Value == 0);
        if (!isAsked || (node.Leader.IsNone && !node.IsLeader))
            return;
        long request = node.IsLeader ? AskSelf() : AskLeader();
        for (int place = 0; place < _own.Count; place++)
        {
            if (_own[place].Index.Value == 0)
                _own[place] = _own[place] with { Request = request };
        }
    }

    public void Tick()
    {
        if (_own.Count == 0)
            return;
        for (int place = 0; place < _own.Count; place++)
            _own[place] = _own[place] with { Ticks = _own[place].Ticks + 1 };
        foreach (Waiter waiter in _own)
        {
            if (waiter.Ticks > node.Options.BarrierTicks)
                _failed.Add(new BarrierOutcome(waiter.Id, default));
        }
        _own.RemoveAll(waiter => waiter.Ticks > node.Options.BarrierTicks);
        // The request or its answer may be lost.
        if (++_quietTicks >= node.Options.ElectionTicks)
            AskAgain();
    }

    /// <summary>Hands out what has failed, and what is reached and applied.</summary>
    public void Take(Ready ready)
    {
        if (node.HasCommittedInTerm && _pending.Count > 0)
            AnswerPending();
        ready.Barriers.AddRange(_failed);
        _failed.Clear();
        if (_own.Count == 0)
            return;
        foreach (Waiter waiter in _own)
        {
            if (IsDone(waiter))
                ready.Barriers.Add(new BarrierOutcome(waiter.Id, waiter.Index));
        }
        _own.RemoveAll(IsDone);
    }

    private bool IsDone(Waiter waiter) => waiter.Index.Value > 0 && waiter.Index <= node.Log.Applied;

    private long AskSelf()
    {
        _pending.Add(new Pending(node.Self, ++_requests, Join()));
        return _requests;
    }

    private long AskLeader()
    {
        _quietTicks = 0;
        node.Send(node.Leader, new BarrierRequest(node.Term, ++_requests));
        return _requests;
    }

    /// <summary>The round that confirms what is asked now, and the index it confirms, if that is known yet.</summary>
    private Confirmation Join()
    {
        if (!_isRoundOpen)
            _round++;
        _isRoundOpen = true;
        bool isKnown = node.HasCommittedInTerm || Planted.Is(PlantedBug.BarrierBeforeOwnCommit);
        return new Confirmation(_round, isKnown ? node.Log.Commit : default);
    }

    private void AnswerPending()
    {
        if (!node.HasCommittedInTerm && !Planted.Is(PlantedBug.BarrierBeforeOwnCommit))
            return;
        for (int place = 0; place < _pending.Count; place++)
        {
            // Asked before anything of this term was committed: the index is the first that is.
            if (_pending[place].Confirmation.Index.Value == 0)
                _pending[place] = _pending[place] with { Confirmation = Join() };
        }
        _pending.RemoveAll(Answer);
        if (_pending.Count == 0)
            _isRoundOpen = false;
    }

    private bool Answer(Pending pending)
    {
        (long round, LogIndex index) = pending.Confirmation;
        if (!node.Replication.HasConfirmed(round) && !Planted.Is(PlantedBug.BarrierWithoutRound))
            return false;
        if (pending.From == node.Self)
            Reach(pending.Number, index);
        else
            node.Send(pending.From, new BarrierAnswer(node.Term, pending.Number, index));
        return true;
    }

    private void Reach(long request, LogIndex index)
    {
        for (int place = 0; place < _own.Count; place++)
        {
            Waiter waiter = _own[place];
            if (waiter.Index.Value == 0 && waiter.Request == request)
                _own[place] = waiter with { Index = index };
        }
    }

    /// <summary>A round, and the commit index that was known when it was joined.</summary>
    private readonly record struct Confirmation(long Round, LogIndex Index);

    private readonly record struct Pending(NodeId From, long Number, Confirmation Confirmation);

    /// <summary>One of this member's: what it waits for, and the index once it is known.</summary>
    private readonly record struct Waiter(long Id, long Request, LogIndex Index, int Ticks);
}
