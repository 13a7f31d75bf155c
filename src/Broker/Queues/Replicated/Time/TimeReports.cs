namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// Says of queues that wall clocks had to tell how much time has passed: of so many a minute, since after a stop of all
/// nodes it is all queues in which something expires. Any thread.
/// </summary>
/// <param name="broker">The node's.</param>
internal sealed class TimeReports(MessageBroker broker)
{
    /// <summary>Of more than these one line says that there are more.</summary>
    private const int MostLines = 10;

    private const long PeriodMs = 60_000;

    private readonly Lock _lock = new();
    private long _sinceMs;
    private int _lines;

    /// <summary>Something of one queue.</summary>
    public void Report(ReplicatedQueue queue, LogLevel level, string text)
    {
        bool isLast;
        lock (_lock)
        {
            long nowMs = broker.NowMs;
            if (_lines == 0 || nowMs - _sinceMs >= PeriodMs)
                (_sinceMs, _lines) = (nowMs, 0);
            if (++_lines > MostLines)
                return;
            isLast = _lines == MostLines;
        }
        queue.Report(level, isLast ? $"{text} (so it may be with others, which are not named)" : text);
    }
}
