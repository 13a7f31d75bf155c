using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// Who has found something missing, and waits until this node has applied all that was committed when he asked. One
/// question for all who have come since the last one; it is asked again until somebody answers or patience is at its
/// end, as with changes. Owned by the definitions' turn.
/// </summary>
/// <param name="broker">Whose clock it is.</param>
/// <param name="patienceMs">How long somebody waits at most, and the last question's own time.</param>
internal sealed class Barriers(MessageBroker broker, int patienceMs)
{
    private List<Waiter> _waiting = [];
    private List<Waiter> _asked = [];
    private List<(Action<bool> Reached, bool IsReached)> _answered = [];
    private long _id;
    private bool _isAsked;

    /// <summary>Somebody waits for a barrier that has not been asked for.</summary>
    public bool IsDue => !_isAsked && _waiting.Count > 0;

    /// <param name="reached">Called with false if nobody could say.</param>
    public void Add(Action<bool> reached) => _waiting.Add(new Waiter(reached, broker.NowMs));

    public void Ask(RaftGroup group)
    {
        (_waiting, _asked) = (_asked, _waiting);
        _isAsked = true;
        group.RequestBarrier(++_id);
    }

    /// <summary>
    /// The question has been answered; whoever waits is told by <see cref="Tell"/>, as what was applied for it has yet
    /// to be published.
    /// </summary>
    /// <param name="outcome">Of the question.</param>
    /// <param name="isHopeless">There has been no leader for longer than anybody waits.</param>
    public void Reached(in BarrierOutcome outcome, bool isHopeless)
    {
        if (outcome.Id != _id || !_isAsked)
            return;
        _isAsked = false;
        bool isReached = outcome.IsReached;
        long since = broker.NowMs - patienceMs;
        foreach (Waiter waiter in _asked)
        {
            if (isReached || isHopeless || waiter.SinceMs < since)
                _answered.Add((waiter.Reached, isReached));
            else
                _waiting.Add(waiter);
        }
        _asked.Clear();
    }

    /// <summary>Tells whom an answer has come for: everybody sees now what is applied.</summary>
    public void Tell()
    {
        if (_answered.Count == 0)
            return;
        // Who is told may change something, and end up here.
        List<(Action<bool> Reached, bool IsReached)> answered = _answered;
        _answered = [];
        foreach ((Action<bool> reached, bool isReached) in answered)
            reached(isReached);
    }

    private readonly record struct Waiter(Action<bool> Reached, long SinceMs);
}
