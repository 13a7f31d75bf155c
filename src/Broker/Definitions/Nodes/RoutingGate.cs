namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// Whether this node may route what its clients publish. One that is cut off from the majority is not waited for by the
/// others: what they have bound meanwhile it does not know. So publishes wait, from the cut on until it has applied all
/// that was committed when it was back; but not longer than a change would, since queues that live here alone are to
/// stay served (docs/decisions/0007-definitions-across-nodes.md). Owned by the definitions' turn, but for
/// <see cref="IsOpen"/>.
/// </summary>
/// <param name="broker">Whose clock it is.</param>
/// <param name="patienceMs">How long a publish waits at most.</param>
/// <param name="askBarrier">Asks to be told when all is applied here that was committed by now.</param>
internal sealed class RoutingGate(MessageBroker broker, int patienceMs, Action<Action<bool>> askBarrier)
{
    /// <summary>
    /// Without a leader for longer than elections take, a node is cut off although it reaches a majority, in ms.
    /// </summary>
    public const int LeaderlessMs = 3000;

    private List<Action> _waiting = [];
    private bool _isOpen = true;
    private bool _isCut;
    private long _cuts;
    private long _closedMs;

    /// <summary>Any thread.</summary>
    public bool IsOpen => Volatile.Read(ref _isOpen);

    /// <summary>Calls when this is open; at once if it is.</summary>
    public void WhenOpen(Action open)
    {
        if (_isOpen)
            open();
        else
            _waiting.Add(open);
    }

    /// <summary>What this node reaches may be another than before, or time has passed.</summary>
    public void Update(bool isCut)
    {
        if (isCut != _isCut)
        {
            _isCut = isCut;
            _cuts++;
            Shut();
            if (!isCut)
                Ask();
        }
        else if (!_isOpen && broker.NowMs - _closedMs > patienceMs)
        {
            Open();
        }
    }

    // When it is back after a long time, it has something to wait for once more.
    private void Shut()
    {
        if (!_isOpen)
            return;
        _closedMs = broker.NowMs;
        Volatile.Write(ref _isOpen, false);
    }

    private void Ask()
    {
        long cuts = _cuts;
        askBarrier(isReached =>
        {
            if (isReached && cuts == _cuts)
                Open();
        });
    }

    private void Open()
    {
        if (_isOpen)
            return;
        Volatile.Write(ref _isOpen, true);
        List<Action> waiting = _waiting;
        _waiting = [];
        foreach (Action open in waiting)
            open();
    }
}
