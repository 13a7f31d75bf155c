using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// Who has found something missing, and waits until this node has applied all that was committed when he asked. One
/// question for all who have come since the last one. Owned by the definitions' turn.
/// </summary>
internal sealed class Barriers
{
    private List<Action<bool>> _waiting = [];
    private List<Action<bool>> _asked = [];
    private long _id;
    private bool _isAsked;

    /// <summary>Somebody waits for a barrier that has not been asked for.</summary>
    public bool IsDue => !_isAsked && _waiting.Count > 0;

    /// <param name="reached">Called with false if nobody could say.</param>
    public void Add(Action<bool> reached) => _waiting.Add(reached);

    public void Ask(RaftGroup group)
    {
        (_waiting, _asked) = (_asked, _waiting);
        _isAsked = true;
        group.RequestBarrier(++_id);
    }

    public void Reached(in BarrierOutcome outcome)
    {
        if (outcome.Id != _id || !_isAsked)
            return;
        _isAsked = false;
        bool isReached = outcome.IsReached;
        foreach (Action<bool> reached in _asked)
            reached(isReached);
        _asked.Clear();
    }
}
