using Warren.Broker.Messages;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Another node, as the queues see it: whether there is a link, which lines go over it, and which of them wait for
/// room. This node has one too, for the lines to replicated queues that it leads: its link is always up, and frames
/// are handed over at once. Its lock guards tables and the order of signals; under it lines are posted to, which takes
/// their leaf locks.
/// </summary>
internal sealed class LinePeer
{
    /// <summary>
    /// Senders of this node that copy at once, mostly: turns run on about as many threads as there are cores.
    /// </summary>
    private const int OwnWriters = 8;

    /// <summary>It does not change while anybody looks.</summary>
    private const long OwnProcess = 1;

    private readonly QueueLinks _links;
    private readonly SlabWriter[] _slabs;
    private readonly Lock _lock = new();
    private readonly HashSet<ILine> _standIns = [];
    private readonly Dictionary<long, QueueVisit> _visits = [];
    // Those that were told to end, the newest of each queue.
    private readonly Dictionary<long, QueueVisit> _leaving = [];
    private readonly Dictionary<long, long> _lastLines = [];
    // Those to queues that are not known here yet.
    private readonly HashSet<QueueVisit> _early = [];
    private readonly HashSet<ILine>[] _waiting =
        [.. Enumerable.Range(0, (int)LinkClass.Bulk + 1).Select(_ => new HashSet<ILine>())];
    private bool _isUp;
    // When the last link was lost; none: there was none, or its node was gone with it.
    private long? _lostAtMs;
    private long _process;
    private long _earlyBytes;

    public LinePeer(QueueLinks links, NodeId id)
    {
        _links = links;
        Id = id;
        IsOwn = id == links.Self;
        _slabs = [.. Enumerable.Range(0, IsOwn ? OwnWriters : 1).Select(_ => new SlabWriter(links.Broker.Slabs))];
        Replies = new ReplyLane(links, this);
        Alarm = new PeerAlarm(links, this);
        News = new LeaderNews(links, this);
        ClosedLines = new ClosedLines(links, this);
        if (IsOwn)
        {
            _isUp = true;
            _process = OwnProcess;
            return;
        }
        _standIns.Add(Replies);
        _standIns.Add(Alarm);
        _standIns.Add(News);
        _standIns.Add(ClosedLines);
    }

    public NodeId Id { get; }

    /// <summary>It is this node.</summary>
    public bool IsOwn { get; }

    /// <summary>Where frames for this node itself are gathered; null: it is another.</summary>
    public SlabPool? OwnSlabs => IsOwn ? _links.Broker.Slabs : null;

    /// <summary>Direct replies to its clients and from them.</summary>
    public ReplyLane Replies { get; }

    /// <summary>What it knows of this node's alarms.</summary>
    public PeerAlarm Alarm { get; }

    /// <summary>What it knows of replicated queues.</summary>
    public LeaderNews News { get; }

    /// <summary>What it does not know of its lines.</summary>
    public ClosedLines ClosedLines { get; }

    /// <summary>Whether there is a link, and with which process.</summary>
    public bool TryGetProcess(out long process)
    {
        lock (_lock)
        {
            process = _process;
            return _isUp;
        }
    }

    /// <summary>
    /// There is a link, or was a moment ago, or another node has one: the node lives, for all that is known here.
    /// </summary>
    public bool MayLive
    {
        get
        {
            long sinceMs = _links.Broker.NowMs - (long)_links.Options.TakeoverPatience.TotalMilliseconds;
            lock (_lock)
            {
                if (_isUp || (_lostAtMs > sinceMs && !_links.Peers.IsNobodyThere(Id)))
                    return true;
            }
            return IsRelayed;
        }
    }

    /// <summary>A node that this one has a link with says that it has one with it.</summary>
    public bool IsRelayed =>
        _links.AllPeers.Any(other => other.TryGetProcess(out _) && _links.Peers.Reaches(other.Id, Id));

    public bool TrySend(LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        if (!IsOwn)
            return _links.Peers.TrySend(Id, linkClass, kind, body);
        _links.HandOver(this, kind, body, null);
        return true;
    }

    /// <summary>
    /// A frame of this node for itself, which is read from where it lies. The caller keeps its reference, and changes
    /// nothing of it any more.
    /// </summary>
    public void HandOver(ushort kind, Slab slab, int sizeBytes) =>
        _links.HandOver(this, kind, slab.Bytes.AsSpan(0, sizeBytes), slab);

    /// <summary>
    /// A frame to keep, with one reference: the messages in it are used from where they lie, in a copy unless it lies
    /// in a slab of its own. For the link's reader alone; frames of this node come from any thread.
    /// </summary>
    public Message Take(ReadOnlySpan<byte> body, Slab? slab)
    {
        if (slab is not null)
        {
            slab.AddReferences(1);
            return new Message(slab, 0, 0, 0, body.Length);
        }
        SlabWriter slabs = _slabs[Environment.CurrentManagedThreadId % _slabs.Length];
        if (!IsOwn)
            return slabs.Append([], [], body);
        lock (slabs)
            return slabs.Append([], [], body);
    }

    /// <summary>Sends a frame; false: it found no room, and the line is told when there is some.</summary>
    public bool SendOrAwait(LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body, ILine line)
    {
        if (TrySend(linkClass, kind, body))
            return true;
        AwaitRoom(linkClass, line);
        // There may be some by now.
        return TrySend(linkClass, kind, body);
    }

    /// <summary>A stand-in hears of this node from now on, and of how it is now.</summary>
    public void Attach(ILine standIn)
    {
        lock (_lock)
        {
            _standIns.Add(standIn);
            standIn.Signal(_isUp ? LineSignal.Up : LineSignal.Down, _process);
        }
    }

    /// <summary>The stand-in's queue is gone.</summary>
    public void Detach(ILine standIn)
    {
        lock (_lock)
            _standIns.Remove(standIn);
    }

    /// <summary>
    /// A frame found no room: the line is told when there is some. The caller tries once more, in case there is by now.
    /// </summary>
    public void AwaitRoom(LinkClass linkClass, ILine line)
    {
        lock (_lock)
            _waiting[(int)linkClass].Add(line);
    }

    public void RoomAgain(LinkClass linkClass)
    {
        lock (_lock)
        {
            foreach (ILine line in _waiting[(int)linkClass])
                line.Signal(LineSignal.Room, 0);
            _waiting[(int)linkClass].Clear();
        }
    }

    public void Up(long process)
    {
        lock (_lock)
        {
            if (process != _process)
                RetireVisits();
            _process = process;
            _isUp = true;
            Tell(LineSignal.Up);
        }
    }

    public void Down(LinkEnd end = LinkEnd.Lost)
    {
        lock (_lock)
        {
            // Of who was silent it has been waited for already.
            _lostAtMs = end == LinkEnd.Lost ? _links.Broker.NowMs : null;
            _isUp = false;
            Tell(LineSignal.Down);
        }
        // What came last must not keep a slab from being given back.
        _slabs[0].Retire();
    }

    /// <summary>
    /// The visit that a frame of a line is for. A line begins with number 1 of one of its lanes and takes the place of
    /// an older one to the same queue. What is of a line that is over here is answered, so that the other side gives it
    /// up. What is of one that has not begun here is thrown away: what begins it went with the last link, or is in a
    /// class that is slower, and all of it comes again when the other side hears of this link.
    /// </summary>
    /// <param name="queue">The queue's id.</param>
    /// <param name="line">The line's number.</param>
    /// <param name="begins">It is number 1 of its lane.</param>
    /// <param name="isToLeader">It goes to the leader of a replicated queue.</param>
    /// <exception cref="FormatException">No sound node begins so many lines to queues that nobody knows.</exception>
    public QueueVisit? VisitOf(long queue, long line, bool begins, bool isToLeader)
    {
        lock (_lock)
        {
            bool isThere = _visits.TryGetValue(queue, out QueueVisit? visit);
            if (isThere && visit!.Line == line)
                return visit;
            if (line <= _lastLines.GetValueOrDefault(queue))
            {
                _links.SendClosed(this, queue, line, LineClosed.NoSuchLine);
                return null;
            }
            if (!begins)
                return null;
            bool isKnown = _links.IsKnown(queue);
            if (!isKnown && _early.Count >= LineOptions.MostEarlyLines)
                throw new FormatException($"{_early.Count} lines have begun to queues that are not known here");
            if (isThere)
                Retire(visit!);
            bool waits = _leaving.TryGetValue(queue, out QueueVisit? older);
            visit = new QueueVisit(_links, this, queue, line, isToLeader, waits);
            older?.TellAtEnd(visit);
            _visits[queue] = visit;
            _lastLines[queue] = line;
            // It takes itself out when its queue becomes known.
            if (!isKnown)
                _early.Add(visit);
            return visit;
        }
    }

    /// <summary>This node leads a replicated queue, or does so no more: lines to it look again.</summary>
    public void LeadershipChanged(long queue, LineSignal signal)
    {
        lock (_lock)
        {
            if (_visits.TryGetValue(queue, out QueueVisit? visit))
                visit.Signal(signal, 0);
        }
    }

    /// <summary>Some line of that node goes to this queue.</summary>
    public bool HasVisit(long queue)
    {
        lock (_lock)
            return _visits.ContainsKey(queue);
    }

    /// <summary>The queue that a visit is for is known.</summary>
    public void NoteKnown(QueueVisit visit)
    {
        lock (_lock)
            _early.Remove(visit);
    }

    /// <summary>So much more, or less, waits for queues that are not known; returns how much it is.</summary>
    public long AddEarly(int sizeBytes) => Interlocked.Add(ref _earlyBytes, sizeBytes);

    /// <summary>A visit is over, and all that its clients had is with the queue again.</summary>
    /// <param name="visit">Which.</param>
    /// <param name="forgets">Which numbers its lines had is no matter any more.</param>
    public void Leave(QueueVisit visit, bool forgets)
    {
        long queue = visit.QueueNumber;
        lock (_lock)
        {
            _early.Remove(visit);
            if (_leaving.TryGetValue(queue, out QueueVisit? leaving) && leaving == visit)
                _leaving.Remove(queue);
            if (!_visits.TryGetValue(queue, out QueueVisit? present) || present != visit)
                return;
            _visits.Remove(queue);
            if (forgets)
                _lastLines.Remove(queue);
        }
    }

    /// <summary>A queue has become known here, or has gone for good.</summary>
    public void QueueChanged(long queue, bool isGone)
    {
        lock (_lock)
        {
            if (_visits.TryGetValue(queue, out QueueVisit? visit))
                visit.Signal(LineSignal.Known, 0);
            else if (isGone)
                _lastLines.Remove(queue);
        }
    }

    private void Tell(LineSignal signal)
    {
        foreach (ILine standIn in _standIns)
            standIn.Signal(signal, _process);
        foreach (QueueVisit visit in _visits.Values)
            visit.Signal(signal, _process);
    }

    private void RetireVisits()
    {
        foreach (QueueVisit visit in _visits.Values)
            Retire(visit);
        _visits.Clear();
        _lastLines.Clear();
    }

    private void Retire(QueueVisit visit)
    {
        visit.Signal(LineSignal.Retire, 0);
        _leaving[visit.QueueNumber] = visit;
    }
}
