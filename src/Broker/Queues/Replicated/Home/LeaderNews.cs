using System.Buffers.Binary;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Turns;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What another node is told of replicated queues beside their lines: which of them this node leads, which members
/// these have and what time it is in them; and of those that it leads itself, where clients of this node hold nothing.
/// What a lost link takes along is told again on the next one, since that one begins with all that either node leads.
/// All of it is its turn's.
/// </summary>
internal sealed class LeaderNews(QueueLinks links, LinePeer peer) : Mailbox<LeaderNews.Item>(links.Broker.Turns), ILine
{
    // By the queues' ids: their terms.
    private readonly Dictionary<long, long> _leads = [];
    private readonly Dictionary<long, long> _nothing = [];
    private readonly Dictionary<long, long> _unreached = [];
    private readonly HashSet<long> _members = [];
    private readonly HashSet<long> _times = [];
    private readonly Dictionary<long, TimeNews> _answers = [];

    /// <summary>
    /// One queue, or a signal: queue 0; without a term its members have changed; with an answer it is that alone, to
    /// whoever leads it and asks for the time, or what time it is, here.
    /// </summary>
    internal readonly record struct Item(
        LineSignal Signal, long Queue, long Term, bool IsLed, bool IsTime = false, TimeNews? Answer = null,
        bool IsUnreached = false);

    /// <summary>This node leads a queue from now on.</summary>
    public void Lead(ReplicatedLeader leader) => Post(new Item(default, leader.QueueId, leader.Term, IsLed: true));

    /// <summary>The queue, which this node leads, has other members.</summary>
    public void Members(long queue) => Post(new Item(default, queue, 0, IsLed: true));

    /// <summary>It is to hear what time it is in the queue, which this node leads, or is asked for it.</summary>
    public void Time(long queue) => Post(new Item(default, queue, 0, IsLed: true, IsTime: true));

    /// <summary>It leads the queue and has asked what time it is there.</summary>
    public void Answer(long queue, TimeNews news) =>
        Post(new Item(default, queue, 0, IsLed: false, IsTime: true, news));

    /// <summary>Clients of this node hold nothing of a queue that the other one leads.</summary>
    public void HoldNothing(long queue, long term) => Post(new Item(default, queue, term, IsLed: false));

    /// <summary>This node has no link with the other one, which leads the queue.</summary>
    public void Unreached(long queue, long term) =>
        Post(new Item(default, queue, term, IsLed: false, IsUnreached: true));

    /// <inheritdoc/>
    public void Signal(LineSignal signal, long process) => Post(new Item(signal, 0, 0, IsLed: false));

    protected override void Handle(ReadOnlySpan<Item> batch)
    {
        foreach (ref readonly Item item in batch)
        {
            if (item.Answer is { } answer)
                _answers[item.Queue] = answer;
            else if (item.IsTime)
                _times.Add(item.Queue);
            else if (item.IsUnreached)
                _unreached[item.Queue] = item.Term;
            else if (item is { Queue: not 0, IsLed: false })
                _nothing[item.Queue] = item.Term;
            else if (item.Queue != 0)
                Tell(item.Queue, item.Term);
            else if (item.Signal == LineSignal.Up)
            {
                foreach (ReplicatedLeader leader in links.Leaders)
                {
                    Tell(leader.QueueId, leader.Term);
                    _times.Add(leader.QueueId);
                }
            }
        }
        Send(LineFrame.Leads, _leads);
        Send(LineFrame.HoldsNothing, _nothing);
        Send(LineFrame.Unreached, _unreached);
        // As long as it is so it is said again.
        _unreached.Clear();
        SendMembers();
        SendTimes(LineFrame.Times, _times, WriteTime);
        SendTimes(LineFrame.KnownTimes, _answers.Keys, WriteAnswer);
    }

    private void Tell(long queue, long term)
    {
        if (term != 0)
            _leads[queue] = term;
        _members.Add(queue);
    }

    private void Send(ushort kind, Dictionary<long, long> news)
    {
        int entries = Math.Min(news.Count, PeerLink.MostBodyBytes / LineFrame.LeadershipBytes);
        Span<byte> body = entries == 0 ? [] : new byte[entries * LineFrame.LeadershipBytes];
        while (news.Count > 0)
        {
            int used = 0;
            foreach ((long queue, long term) in news)
            {
                if (used == body.Length)
                    break;
                BinaryPrimitives.WriteInt64LittleEndian(body[used..], queue);
                BinaryPrimitives.WriteInt64LittleEndian(body[(used + 8)..], term);
                used += LineFrame.LeadershipBytes;
            }
            // Without room it goes when there is some; without a link, with the next one.
            if (!peer.SendOrAwait(LinkClass.Control, kind, body[..used], this))
                return;
            for (int at = 0; at < used; at += LineFrame.LeadershipBytes)
                news.Remove(BinaryPrimitives.ReadInt64LittleEndian(body[at..]));
        }
    }

    private delegate bool Writing(Span<byte> output, long queue);

    private void SendTimes(ushort kind, ICollection<long> news, Writing write)
    {
        byte[] body = news.Count == 0 ? [] : new byte[PeerLink.MostBodyBytes];
        while (news.Count > 0)
        {
            int used = 0;
            var told = new List<long>();
            foreach (long queue in news)
            {
                if (used + TimeFormat.EntryBytes > body.Length)
                    break;
                used += write(body.AsSpan(used), queue) ? TimeFormat.EntryBytes : 0;
                told.Add(queue);
            }
            if (used > 0 && !peer.SendOrAwait(LinkClass.Control, kind, body.AsSpan(0, used), this))
                return;
            foreach (long queue in told)
            {
                if (kind == LineFrame.Times)
                    _times.Remove(queue);
                else
                    _answers.Remove(queue);
            }
        }
    }

    // As it is when it goes; most queues have none.
    private bool WriteTime(Span<byte> output, long queue)
    {
        if (links.FindLeader(queue)?.TimeWord is not { } word)
            return false;
        TimeFormat.Write(
            output, queue, word.Term, word.AheadMs is null ? 0 : word.Term,
            links.Broker.NowMs + word.AheadMs ?? 0);
        return true;
    }

    private bool WriteAnswer(Span<byte> output, long queue)
    {
        TimeNews answer = _answers[queue];
        TimeFormat.Write(output, queue, answer.LeaderTerm, answer.KnownTerm, answer.TimeMs);
        return true;
    }

    // As they are when it goes.
    private void SendMembers()
    {
        byte[] body = _members.Count == 0 ? [] : new byte[PeerLink.MostBodyBytes];
        while (_members.Count > 0)
        {
            int used = 0;
            var told = new List<long>();
            foreach (long queue in _members)
            {
                int written = 0;
                if (links.FindLeader(queue)?.Standing is { } standing
                    && !MembersFormat.TryWrite(body.AsSpan(used), queue, standing, out written))
                    break;
                used += written;
                told.Add(queue);
            }
            if (used > 0 && !peer.SendOrAwait(LinkClass.Control, LineFrame.Members, body.AsSpan(0, used), this))
                return;
            foreach (long queue in told)
                _members.Remove(queue);
        }
    }
}
