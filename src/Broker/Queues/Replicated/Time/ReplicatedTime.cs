using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Incidents;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// A replicated queue's own time (docs/decisions/0017-queue-time.md): what this member knows of it, how it comes to
/// lead by it, and what it tells the others. Owned by the queue's turn, but for what others may read.
/// </summary>
internal sealed class ReplicatedTime(ReplicatedQueue queue, ILeaderAnnouncer announcer, NodeId self)
{
    /// <summary>Clocks that are so far apart an operator should look at.</summary>
    private const long NotableMs = 60_000;

    /// <summary>
    /// How often it asks: a question, or its answer, is lost where a link is relayed, and no new link says that it was.
    /// </summary>
    private const long AskMs = 500;

    /// <summary>
    /// So much less counts as passed than wall clocks say: twice what they may be ahead of where the log has them
    /// before it is told, and what heartbeats may be late when it is.
    /// </summary>
    private const long SlackMs = 4 * WallClocks.MoveMs;

    private readonly QueueTime _known = new();
    private TimeInquiry? _inquiry;
    private long _askedIn;
    private long _askedAtMs;
    private TimeWord? _word;
    private RaftGroup? _led;
    private int _moves;

    /// <summary>What is told to nodes that come, while it leads; null: nothing. Any thread.</summary>
    public TimeWord? Word => Volatile.Read(ref _word);

    /// <summary>Of the leader whose word this process has, which may be itself; 0: it has heard none.</summary>
    public long KnownTerm => _known.Term;

    /// <summary>The queue's time less this process's monotonic one, while it leads.</summary>
    public long AheadMs => _known.AheadMs;

    /// <summary>A leader says it, or asks for it; or a member answers.</summary>
    public void Handle(TimeNews news)
    {
        if (news.IsAnswer)
        {
            if (_inquiry is { } inquiry && news.LeaderTerm == _askedIn)
                inquiry.Answer(news, queue.NowMs);
        }
        else if (news.KnownTerm != 0)
        {
            _known.Hear(news.KnownTerm, news.TimeMs, queue.NowMs);
        }
        else
        {
            announcer.TellTime(queue.Definition.Id, news.From, new TimeNews(
                self, IsAnswer: true, news.LeaderTerm, _known.Term, _known.At(queue.NowMs)));
        }
    }

    /// <summary>
    /// Before it serves in its term, with all before that applied: whether it has the time that it goes on from.
    /// </summary>
    public bool TryLead(RaftGroup group, LoggedTime? logged)
    {
        long nowMs = queue.NowMs;
        long term = group.Term.Value;
        if (logged is not { } last)
        {
            // Nothing has ever expired by it: it begins as this clock shows it, by which what a queue had expires that
            // served alone.
            Lead(group, Clocks.OwnMs);
            return true;
        }
        if (_known.IsKnown(logged))
        {
            Lead(group, Math.Max(last.TimeMs, _known.At(nowMs)));
            return true;
        }
        if (_inquiry is null || _askedIn != term)
            Inquire(group, last);
        else if (nowMs - _askedAtMs >= AskMs)
            Ask();
        if (!_inquiry!.IsOver(nowMs, announcer.IsUp))
            return false;
        Lead(group, Math.Max(
            last.TimeMs, _inquiry.Known.Term != 0 ? _inquiry.Known.At(nowMs) : BridgedTime(group, last)));
        return true;
    }

    /// <summary>
    /// The log of this leadership says what time it is: all who are there are told, and from now on those who come.
    /// What is in the log tells them nothing: it may be old when they apply it.
    /// </summary>
    public void Tell()
    {
        Volatile.Write(ref _word, new TimeWord(_known.Term, _known.AheadMs));
        announcer.TellTime(queue);
    }

    /// <summary>What its leader's next entry says.</summary>
    public LoggedTime Now(LoggedTime? logged)
    {
        long nowMs = queue.NowMs;
        WallMedian wall = Clocks.MedianOf(Members(_led!), self, nowMs);
        return new LoggedTime(
            _known.Term, _known.At(nowMs),
            IsMajority(wall, _led!) ? wall.UpperMs - _known.AheadMs : logged?.WallAheadMs);
    }

    /// <summary>
    /// Wall clocks were set since the log was told by how much they are ahead, and are further ahead now: after a stop
    /// of all members that would count as passed. Asked in each turn; looks when they have moved.
    /// </summary>
    public bool IsLoggedBehind(LoggedTime? logged)
    {
        if (_moves == Clocks.Moves)
            return false;
        int moves = Clocks.Moves;
        WallMedian wall = Clocks.MedianOf(Members(_led!), self, queue.NowMs);
        if (!IsMajority(wall, _led!))
            return false;
        _moves = moves;
        return logged?.WallAheadMs is not { } aheadMs || wall.UpperMs - _known.AheadMs - aheadMs >= WallClocks.MoveMs;
    }

    /// <summary>It leads no more.</summary>
    public void End()
    {
        _inquiry = null;
        Volatile.Write(ref _word, null);
    }

    private WallClocks Clocks => queue.Node.QueueLinks!.Clocks;

    private static IEnumerable<NodeId> Members(RaftGroup group) =>
        group.Members.Members.ToArray().Select(static one => one.Id);

    private static bool IsMajority(WallMedian wall, RaftGroup group) => wall.Clocks > group.Members.Members.Length / 2;

    private void Lead(RaftGroup group, long timeMs)
    {
        _inquiry = null;
        _led = group;
        _known.Lead(group.Term.Value, timeMs, queue.NowMs);
    }

    private void Inquire(RaftGroup group, LoggedTime logged)
    {
        _askedIn = group.Term.Value;
        NodeId[] others = [.. Members(group).Where(one => one != self && group.Members.IsVoter(one))];
        _inquiry = new TimeInquiry(others, logged, queue.NowMs);
        Volatile.Write(ref _word, new TimeWord(_askedIn, AheadMs: null));
        Ask();
    }

    private void Ask()
    {
        _askedAtMs = queue.NowMs;
        announcer.TellTime(queue);
    }

    // Nobody who could be asked has run on. Errs on the side of too little: what is to expire stays for longer.
    private long BridgedTime(RaftGroup group, LoggedTime logged)
    {
        WallMedian wall = Clocks.MedianOf(Members(group), self, queue.NowMs);
        if (logged.WallAheadMs is not { } aheadMs || !IsMajority(wall, group))
        {
            Report(LogLevel.Warning, "the clocks of too few are seen, and nothing counts as passed");
            return logged.TimeMs;
        }
        long passedMs = Math.Max(0, wall.LowerMs + queue.NowMs - aheadMs - logged.TimeMs - SlackMs);
        Report(
            wall.ApartMs >= NotableMs ? LogLevel.Warning : LogLevel.Info,
            $"by the median of {wall.Clocks} wall clocks, which are {InSeconds(wall.ApartMs)} apart, "
            + $"{InSeconds(passedMs)} have passed since then");
        return logged.TimeMs + passedMs;
    }

    private void Report(LogLevel level, string text)
    {
        text = $"no member has run on that knows how long it is since the last leader; {text}";
        queue.Node.QueueLinks!.TimeReports.Report(queue, level, text);
        if (level >= LogLevel.Warning)
            ReplicaReports.Keep(queue, IncidentKind.ClockBridged, text, "messages may expire late; set clocks by NTP");
    }

    private static string InSeconds(long ms) => $"{TimeSpan.FromSeconds(ms / 1000):c}";
}
