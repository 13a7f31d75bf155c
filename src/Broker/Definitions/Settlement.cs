namespace Warren.Broker.Definitions;

/// <summary>
/// Who waits to be told of a change until it is there to stay: durable, and in a cluster applied by every node that
/// routes and answers by its own definitions. What is settled once stays it: a node that was not waited for asks what
/// it has missed before it does so again (<see cref="Nodes.ServingLease"/>). Owned by the definitions' turn, but for
/// <see cref="IsSettled"/>.
/// </summary>
internal sealed class Settlement
{
    private readonly LinkedList<Waiter> _waiting = [];
    private long _awaited;
    private long _settled;

    /// <summary>
    /// Everything that the published state shows is there to stay. Read by any thread: whoever sees a definition sees
    /// that it was appended.
    /// </summary>
    public bool IsSettled => Volatile.Read(ref _settled) >= Volatile.Read(ref _awaited);

    /// <summary>Those who wait.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Everything up to an entry is there to stay.</summary>
    public bool IsSettledTo(long index) => index <= _settled;

    /// <summary>The last entry that somebody may have to wait for. Before it is published.</summary>
    public void Await(long index) => Volatile.Write(ref _awaited, Math.Max(_awaited, index));

    /// <summary>Answers who waited for what is settled now, in the order they came.</summary>
    public void SettleTo(long index)
    {
        if (index > _settled)
            Volatile.Write(ref _settled, index);
        while (_waiting.First?.Value is { } waiter && waiter.Index <= _settled)
        {
            _waiting.RemoveFirst();
            if (waiter.Run is { IsOver: true })
                continue;
            waiter.Run?.End();
            waiter.Answer();
        }
    }

    /// <summary>Runs the answer once everything up to an entry is settled.</summary>
    /// <param name="index">The last of what was applied so far that counts.</param>
    /// <param name="answer">For one who waits.</param>
    /// <param name="run">May end before, and then nobody waits.</param>
    public void WhenSettled(long index, Action answer, PendingChange? run)
    {
        if (index <= _settled)
        {
            answer();
            return;
        }
        // In the order they came, also when a node by itself waits for less than it did in a cluster.
        index = Math.Max(index, _waiting.Last?.Value.Index ?? 0);
        LinkedListNode<Waiter> waits = _waiting.AddLast(new Waiter(index, answer, run));
        if (run is null)
            return;
        run.AwaitsSettlement = true;
        // Whoever has given up is not kept.
        run.Ended += () => waits.List?.Remove(waits);
    }

    private sealed record Waiter(long Index, Action Answer, PendingChange? Run);
}
