namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// A queue's time as one process knows it: what a leader has said, and what has passed since by this process's
/// monotonic clock. Never ahead of the leader's own: what comes late is behind by as much. Pure; owned by the queue's
/// turn.
/// <para>Times of two leaders are two lines, of which the later one may lie behind. When a message expires is a place
/// on the line of the leader that has taken it, so the word of the later leader counts, whatever it says: to go on by
/// the earlier line would expire early what was taken since.</para>
/// </summary>
internal sealed class QueueTime
{
    /// <summary>Of the leader whose line it is; 0: in this process nobody has said anything.</summary>
    public long Term { get; private set; }

    /// <summary>The queue's time less this process's monotonic one.</summary>
    public long AheadMs { get; private set; }

    /// <summary>It is known, and by what was said after a word of <paramref name="logged"/>'s leader.</summary>
    public bool IsKnown(LoggedTime? logged) => Term != 0 && Term >= (logged?.Term ?? 0);

    /// <summary>Now.</summary>
    public long At(long nowMs) => nowMs + AheadMs;

    /// <summary>
    /// The leader of this term had come so far, at the latest now. Two words of one leader are of one line: the higher
    /// one was less late.
    /// </summary>
    public void Hear(long term, long timeMs, long nowMs)
    {
        if (term < Term)
            return;
        AheadMs = term == Term ? Math.Max(AheadMs, timeMs - nowMs) : timeMs - nowMs;
        Term = term;
    }

    /// <summary>This process leads in this term, and its line goes on from here.</summary>
    public void Lead(long term, long timeMs, long nowMs) => (Term, AheadMs) = (term, timeMs - nowMs);
}
