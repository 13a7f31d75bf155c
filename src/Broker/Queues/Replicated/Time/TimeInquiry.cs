using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// A new leader whose process has heard nothing of the queue's time asks the others: one of them may have run on, and
/// knows it. Pure; owned by the queue's turn.
/// </summary>
/// <param name="others">The members that vote but for itself.</param>
/// <param name="logged">What the log says.</param>
/// <param name="nowMs">When it begins.</param>
internal sealed class TimeInquiry(IReadOnlyCollection<NodeId> others, LoggedTime logged, long nowMs)
{
    /// <summary>So long it waits for all; longer only for a majority, without which there is no leader.</summary>
    public const long PatienceMs = 1500;

    private readonly HashSet<NodeId> _answered = [];

    /// <summary>What the others have said that counts.</summary>
    public QueueTime Known { get; } = new();

    /// <summary>A member says what it knows.</summary>
    public void Answer(TimeNews news, long atMs)
    {
        if (!others.Contains(news.From))
            return;
        _answered.Add(news.From);
        if (news.KnownTerm >= Math.Max(1, logged.Term))
            Known.Hear(news.KnownTerm, news.TimeMs, atMs);
    }

    /// <summary>Somebody knows it; or nobody does, of all that can be asked.</summary>
    public bool IsOver(long atMs, Func<NodeId, bool> isUp)
    {
        if (Known.Term != 0)
            return true;
        int voters = others.Count + 1;
        return _answered.Count + 1 > voters / 2
            && (atMs - nowMs >= PatienceMs || others.All(one => _answered.Contains(one) || !isUp(one)));
    }
}
