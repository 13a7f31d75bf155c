using Warren.Broker.Definitions.Nodes;

namespace Warren.Broker.Definitions;

/// <summary>
/// Changes under way: each runs, waits until what it has proposed is applied, and is answered, or runs again because
/// others were quicker, or is told that it takes too long. Owned by the definitions' turn.
/// </summary>
/// <param name="store">What the changes change.</param>
/// <param name="setup">Null: a node by itself, on which nothing takes long.</param>
/// <param name="session">In a cluster nothing is changed before this node has one.</param>
internal sealed class ChangeRuns(DefinitionsStore store, ClusterSetup? setup, OwnSession session)
{
    private readonly List<PendingChange> _finished = [];
    // Changes that others have overtaken, and those that came before this node serves.
    private readonly Queue<PendingChange> _again = new();
    // Those that go on when other definitions are seen.
    private readonly List<PendingChange> _awaitingPublish = [];
    // In a cluster, those that may take too long.
    private readonly List<PendingChange> _underWay = [];
    // What must be done although nobody waits for it any more, once there is a leader.
    private readonly List<DefinitionsChange> _owed = [];
    private long _leaderKnownMs = store.Broker.NowMs;

    /// <summary>The change that runs, or whose answers do.</summary>
    public PendingChange? Current { get; private set; }

    /// <summary>Some run again at the end of the next turn.</summary>
    public bool AreWaiting => MayRun && _again.Count > 0;

    /// <summary>There has been no leader for longer than anybody waits.</summary>
    public bool AreHopeless => setup is not null && LeaderlessMs > setup.PatienceMs;

    /// <summary>How long there has been no leader.</summary>
    public long LeaderlessMs => store.Broker.NowMs - _leaderKnownMs;

    private bool MayRun => setup is null || session.IsOpen;

    public void Begin(DefinitionsChange change)
    {
        var run = new PendingChange(change, store.Broker.NowMs);
        if (setup is null)
        {
            Run(run);
        }
        else if (AreHopeless)
        {
            // Those who came before have waited long enough: what waits has a bound.
            Fail(run, store.Peers!.WhyNot());
        }
        else
        {
            _underWay.Add(run);
            if (session.IsOpen)
                Run(run);
            else
                _again.Enqueue(run);
        }
    }

    /// <summary>An entry that a change has proposed is applied, or has changed nothing.</summary>
    public void Note(Proposal proposal, bool isApplied)
    {
        if (proposal.Run is { } run)
            Note(run, isApplied);
        foreach (PendingChange follower in proposal.Followers)
            Note(follower, isApplied: false);
    }

    /// <summary>Answers who has all that he proposed. Not in the middle of a change.</summary>
    public void CompleteFinished()
    {
        if (_finished.Count == 0)
            return;
        PendingChange[] finished = [.. _finished];
        _finished.Clear();
        foreach (PendingChange run in finished)
            Complete(run);
    }

    /// <summary>Those that are to run again do, once each.</summary>
    public void RunAgain()
    {
        for (int count = MayRun ? _again.Count : 0; count > 0; count--)
        {
            if (_again.Dequeue() is { IsOver: false } run)
                Run(run);
        }
    }

    /// <summary>
    /// The change that runs has found something that is about to go: it runs again when other definitions are seen, or
    /// at the next tick.
    /// </summary>
    public void AwaitPublish() => Current!.AwaitsPublish = true;

    /// <summary>Other definitions are seen.</summary>
    public void NotePublished()
    {
        foreach (PendingChange run in _awaitingPublish)
            _again.Enqueue(run);
        _awaitingPublish.Clear();
    }

    public void NoteLeader() => _leaderKnownMs = store.Broker.NowMs;

    /// <summary>Time passes, in a cluster.</summary>
    public void Tick()
    {
        _underWay.RemoveAll(static run => run.IsOver);
        long since = store.Broker.NowMs - setup!.PatienceMs;
        foreach (PendingChange run in _underWay)
        {
            if (run.StartedMs < since)
                Fail(run, store.Peers!.WhyNot());
        }
        NotePublished();
        PayOwed();
    }

    private void Note(PendingChange run, bool isApplied)
    {
        run.Outstanding--;
        run.IsRefused |= !isApplied;
        if (run.Outstanding == 0 && run != Current)
            _finished.Add(run);
    }

    private void Run(PendingChange run)
    {
        run.Begin();
        if (!run.HadBarrier && !store.HasLease)
        {
            // What it finds here others may have changed long ago.
            run.WantsBarrier = true;
        }
        else
        {
            Current = run;
            run.Change.Apply(store);
            Current = null;
        }
        if (run.Outstanding == 0)
            Complete(run);
    }

    // All that it proposed has been applied.
    private void Complete(PendingChange run)
    {
        if (run.IsOver)
            return;
        if (run.IsRefused)
        {
            run.HadBarrier = false;
            if (run.MayRun)
                _again.Enqueue(run);
            else
                Fail(run, "what this would change is changed by others all the time");
            return;
        }
        if (run.AwaitsPublish)
        {
            _awaitingPublish.Add(run);
            return;
        }
        if (run.WantsBarrier)
        {
            store.AddBarrier(reached => AfterBarrier(run, reached));
            return;
        }
        Current = run;
        run.Answer();
        Current = null;
        if (!run.AwaitsSettlement)
            run.End();
    }

    private void AfterBarrier(PendingChange run, bool isReached)
    {
        if (run.IsOver)
            return;
        run.HadBarrier = true;
        if (isReached)
            _again.Enqueue(run);
        else
            Fail(run, store.Peers!.WhyNot());
    }

    private void Fail(PendingChange run, string reason)
    {
        run.End();
        run.Change.Fail(reason);
        if (run.Change.Remainder is { } owed)
            _owed.Add(owed);
    }

    private void PayOwed()
    {
        if (store.Group.Leader.IsNone || _owed.Count == 0)
            return;
        DefinitionsChange[] owed = [.. _owed];
        _owed.Clear();
        foreach (DefinitionsChange change in owed)
            Begin(change);
    }
}
