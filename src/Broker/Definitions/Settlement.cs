namespace Warren.Broker.Definitions;

/// <summary>
/// Who waits to be told of a change until it is there to stay: durable, and in a cluster applied by every node that
/// serves. Owned by the definitions' turn, but for <see cref="IsSettled"/>.
/// </summary>
internal sealed class Settlement
{
    private readonly Queue<Waiter> _waiting = new();
    private long _awaited;
    private long _settled;
    private bool _isCut;

    /// <summary>
    /// Everything that the published state shows is there to stay. Read by any thread: whoever sees a definition sees
    /// that it was appended.
    /// </summary>
    public bool IsSettled =>
        Volatile.Read(ref _settled) >= Volatile.Read(ref _awaited) && !Volatile.Read(ref _isCut);

    /// <summary>Everything up to an entry is there to stay, and this node may say so.</summary>
    public bool IsSettledTo(long index) => index <= _settled && !_isCut;

    /// <summary>The last entry that somebody may have to wait for. Before it is published.</summary>
    public void Await(long index) => Volatile.Write(ref _awaited, Math.Max(_awaited, index));

    /// <summary>Answers who waited for what is settled now, in the order they came.</summary>
    /// <param name="index">Up to here.</param>
    /// <param name="isCut">This node knows no leader: what it has may be long out of date, and nobody is told of
    /// it.</param>
    public void SettleTo(long index, bool isCut)
    {
        if (isCut != _isCut)
            Volatile.Write(ref _isCut, isCut);
        if (index > _settled)
            Volatile.Write(ref _settled, index);
        while (!isCut && _waiting.TryPeek(out Waiter waiter) && waiter.Index <= _settled)
        {
            _waiting.Dequeue();
            if (waiter.Run is { IsOver: true })
                continue;
            waiter.Run?.End();
            waiter.Answer();
        }
    }

    /// <summary>Runs the answer once everything that was changed so far is settled.</summary>
    /// <param name="answer">For one who waits.</param>
    /// <param name="run">May end before, and then nobody waits.</param>
    public void WhenSettled(Action answer, PendingChange? run)
    {
        if (IsSettled)
            answer();
        else
        {
            _waiting.Enqueue(new Waiter(_awaited, answer, run));
            if (run is not null)
                run.AwaitsSettlement = true;
        }
    }

    private readonly record struct Waiter(long Index, Action Answer, PendingChange? Run);
}
