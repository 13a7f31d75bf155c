namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// Whether this node may route what its clients publish. Without a lease it does not know what others have bound, so
/// publishes wait until it has one again; but not longer than a change would, since queues that live here alone are to
/// stay served (docs/decisions/0007-definitions-across-nodes.md). Owned by the definitions' turn, but for
/// <see cref="IsOpen"/>.
/// </summary>
/// <param name="broker">Whose clock it is.</param>
/// <param name="lease">Null: there are no others.</param>
/// <param name="patienceMs">How long a publish waits at most.</param>
internal sealed class RoutingGate(MessageBroker broker, ServingLease? lease, int patienceMs)
{
    private List<Action> _waiting = [];
    private volatile State _state = lease is null ? State.Unguarded : State.Shut;
    private bool _wasWaitedFor;
    private long _shutMs = broker.NowMs;

    private enum State
    {
        /// <summary>There is nobody who could bind anything elsewhere.</summary>
        Unguarded,

        /// <summary>Open while the lease is valid.</summary>
        Leased,

        Shut,

        /// <summary>Open, for what this node has, since nothing better came for too long.</summary>
        Impatient,
    }

    /// <summary>
    /// Any thread; by the clock of this moment, as a process that stood still does not hear in time that it is cut off.
    /// </summary>
    public bool IsOpen => _state switch
    {
        State.Leased => lease!.IsValid,
        State.Shut => false,
        _ => true,
    };

    /// <summary>Calls when this is open; at once if it is.</summary>
    public void WhenOpen(Action open)
    {
        if (IsOpen)
            open();
        else
            _waiting.Add(open);
    }

    /// <summary>The lease may have ended or begun, there may be others, or time has passed.</summary>
    /// <param name="isAlone">There are no others.</param>
    public void Update(bool isAlone)
    {
        if (lease is null)
            return;
        bool isWaitedFor = lease.IsWaitedFor;
        if (isAlone)
            _state = State.Unguarded;
        else if (lease.IsValid)
            _state = State.Leased;
        // When it is back after a long time, it has something to wait for once more.
        else if (_state is State.Unguarded or State.Leased
            || (_state == State.Impatient && isWaitedFor && !_wasWaitedFor))
            Shut();
        else if (_state == State.Shut && broker.NowMs - _shutMs > patienceMs)
            _state = State.Impatient;
        _wasWaitedFor = isWaitedFor;
        if (_waiting.Count > 0 && IsOpen)
            Open();
    }

    private void Shut()
    {
        _shutMs = broker.NowMs;
        _state = State.Shut;
    }

    private void Open()
    {
        List<Action> waiting = _waiting;
        _waiting = [];
        foreach (Action open in waiting)
            open();
    }
}
