using Warren.Storage;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// For how long this node may route and answer by the definitions it has: as long as the leader surely waits for it
/// before anybody is told of a change. A node says at each tick what its clock shows; what the leader has echoed holds
/// for <see cref="ValidMs"/> from when it was said, and the leader waits for a node for <see cref="WaitMs"/> from when
/// it heard it say something. What others were told before that began a barrier brings: a lease begins with one, with
/// each leader anew. Clocks are compared with nothing but themselves, and may run apart by a ninth. Owned by the
/// definitions' turn, but for <see cref="IsValid"/>.
/// </summary>
/// <param name="broker">Whose clock it is.</param>
/// <param name="askBarrier">Asks to be told when all is applied here that was committed by now.</param>
internal sealed class ServingLease(MessageBroker broker, Action<Action<bool>> askBarrier)
{
    /// <summary>
    /// From when this node has said what the leader has echoed, ms: longer than another leader's election takes, so
    /// that clients notice nothing. Nothing is unsafe when that is quicker: the next leader waits from its election on.
    /// </summary>
    public const int ValidMs = 4000;

    /// <summary>How long the leader waits for a node of which it hears nothing, ms.</summary>
    public const int WaitMs = ValidMs + 500;

    private long _untilMs;
    // What the leader of a term has echoed without a gap, and the barrier that was asked for behind it.
    private Term _term;
    private long _echoedUntilMs;
    private long _gaps;
    private bool _isCovered;
    private bool _isAsking;

    /// <summary>What this node has may be told, and routed by. Any thread.</summary>
    public bool IsValid => broker.NowMs < Volatile.Read(ref _untilMs);

    /// <summary>The leader waits for this node, whether or not it has caught up by now.</summary>
    public bool IsWaitedFor => broker.NowMs < _echoedUntilMs;

    /// <summary>The leader of a term has heard what this node said; of the terms the last, or a later one.</summary>
    /// <param name="saidMs">When it said so.</param>
    /// <param name="term">The leader's.</param>
    public void Renew(long saidMs, Term term)
    {
        long untilMs = saidMs + ValidMs;
        if (term != _term || !IsWaitedFor)
        {
            _term = term;
            _gaps++;
            _isCovered = _isAsking = false;
            _echoedUntilMs = untilMs;
        }
        else if (untilMs > _echoedUntilMs)
        {
            _echoedUntilMs = untilMs;
        }
        if (_isCovered)
            Volatile.Write(ref _untilMs, Math.Max(_untilMs, _echoedUntilMs));
        else
            Ask();
    }

    /// <summary>Nothing that was said up to now holds any more.</summary>
    public void End()
    {
        _gaps++;
        _isCovered = _isAsking = false;
        _echoedUntilMs = 0;
        Volatile.Write(ref _untilMs, 0);
    }

    private void Ask()
    {
        if (_isAsking || !IsWaitedFor)
            return;
        _isAsking = true;
        long gaps = _gaps;
        askBarrier(isReached =>
        {
            if (gaps != _gaps)
                return;
            _isAsking = false;
            if (!isReached)
                return;
            _isCovered = true;
            Volatile.Write(ref _untilMs, Math.Max(_untilMs, _echoedUntilMs));
        });
    }
}
