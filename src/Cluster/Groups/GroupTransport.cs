using System.Buffers.Binary;
using System.Collections.Concurrent;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// The groups of a node on its links (docs/formats/raft.md, "On the links"): messages of any size, and the heartbeats
/// of all groups in one frame. One timer drives the heartbeats; what comes is handed to the group's owner on the link's
/// reader loop, who posts it on.
/// </summary>
public sealed class GroupTransport : IGroupTransport, IPeerUser, IThreadPoolWorkItem, IDisposable
{
    /// <summary>
    /// Two beats in so many ticks: one every 250 ms, a quarter of the least time until an election. They come with
    /// ticks since an idle node spends its time on waking up.
    /// </summary>
    private const uint TicksOfTwoBeats = 5;

    /// <summary>What <see cref="RaftOptions.ElectionTicks"/> counts.</summary>
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    private readonly IPeers _peers;
    private readonly GroupTransportOptions _options;
    private readonly Action<IThreadPoolWorkItem> _schedule;
    private readonly TimeProvider _time;
    private readonly GroupHeartbeats _heartbeats;
    private readonly ConcurrentDictionary<long, IGroupMember> _members = new();
    private readonly ConcurrentDictionary<NodeId, GroupSender> _senders = new();
    private readonly ConcurrentDictionary<NodeId, MessageAssembly> _assemblies = new();
    private ITimer? _tick;
    private uint _ticks;
    private int _isHastened;
    private long _strayMessages;

    /// <param name="peers">The links; this registers with them.</param>
    /// <param name="raft">Of all groups.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="schedule">Runs something once, soon.</param>
    public GroupTransport(
        IPeers peers, RaftOptions raft, GroupTransportOptions options, TimeProvider time,
        Action<IThreadPoolWorkItem> schedule)
    {
        _peers = peers;
        _options = options;
        _schedule = schedule;
        _time = time;
        _heartbeats = new GroupHeartbeats(raft, SendLines, Hasten);
        peers.Register(PeerFrameKind.FirstOfGroups, this);
    }

    /// <summary>Messages of groups that are not on this node.</summary>
    public long StrayMessages => Volatile.Read(ref _strayMessages);

    /// <summary>Messages for which there was no room; consensus sends them again.</summary>
    public long LostMessages => _senders.Values.Sum(sender => sender.Lost);

    /// <summary>Bytes that wait for links, and of messages that are not whole yet.</summary>
    public long HeldBytes =>
        _senders.Values.Sum(sender => (long)sender.WaitingBytes)
        + _assemblies.Values.Sum(assembly => assembly.OpenBytes);

    /// <summary>Begins to beat and to tick.</summary>
    public void Start() => _tick = _time.CreateTimer(_ => Tick(), null, TickInterval, TickInterval);

    /// <summary>Ends the timer; what is under way goes on to its end.</summary>
    public void Dispose() => _tick?.Dispose();

    public void Send(NodeId to, GroupId group, RaftMessage message) => SenderOf(to).Send(group, message);

    public HeartbeatSlot Register(GroupId group, IGroupMember member)
    {
        bool isNew = _members.TryAdd(group.Value, member);
        Invariant.Holds(isNew, "a group is registered twice");
        return _heartbeats.Register(group, member.Wake);
    }

    public void Remove(HeartbeatSlot slot)
    {
        _members.TryRemove(slot.Id.Value, out _);
        _heartbeats.Remove(slot);
    }

    public void LinkUp(PeerIdentity peer)
    {
        // What was turned away for want of a link, and found one up a moment later, waits for nothing else.
        if (_senders.TryGetValue(peer.NodeId, out GroupSender? sender))
        {
            sender.GoOn(LinkClass.Control);
            sender.GoOn(LinkClass.Bulk);
        }
        // Who lost this leader for a moment is about to look for another.
        _heartbeats.Beat();
    }

    public void LinkDown(PeerIdentity peer, LinkEnd end)
    {
        if (_senders.TryGetValue(peer.NodeId, out GroupSender? sender))
            sender.Clear();
        if (_assemblies.TryGetValue(peer.NodeId, out MessageAssembly? assembly))
            assembly.Clear();
        _heartbeats.PeerGone(peer.NodeId, end);
    }

    public void FrameArrived(in PeerFrame frame)
    {
        bool isSound = frame.Kind switch
        {
            GroupFrameKind.Message => TakeMessage(frame.From, frame.Body),
            GroupFrameKind.Piece => frame.Class == LinkClass.Bulk && TakePiece(frame.From, frame.Body),
            GroupFrameKind.Heartbeats =>
                _heartbeats.Receive(frame.From, HeartbeatFrameKind.Heartbeats, frame.Body),
            GroupFrameKind.Answers => _heartbeats.Receive(frame.From, HeartbeatFrameKind.Answers, frame.Body),
            GroupFrameKind.Rest => _heartbeats.Receive(frame.From, HeartbeatFrameKind.Rest, frame.Body),
            GroupFrameKind.RestAnswers =>
                _heartbeats.Receive(frame.From, HeartbeatFrameKind.RestAnswers, frame.Body),
            // A kind of a later version.
            _ => true,
        };
        frame.Credit.Return();
        // What came by a relay is not the relay's fault.
        if (!isSound && frame.From == frame.Link.Peer.NodeId)
            frame.Link.Close($"a frame of kind {frame.Kind:X4} from {frame.Link.Peer.Name} holds what cannot be");
    }

    public void RoomAgain(NodeId peer, LinkClass linkClass)
    {
        if (_senders.TryGetValue(peer, out GroupSender? sender))
            sender.GoOn(linkClass);
    }

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _isHastened, 0);
        _heartbeats.BeatHasty();
    }

    private void Tick()
    {
        _heartbeats.Tick();
        if (Interlocked.Increment(ref _ticks) % TicksOfTwoBeats is 0 or 3)
            _heartbeats.Beat();
    }

    private GroupSender SenderOf(NodeId to) =>
        _senders.TryGetValue(to, out GroupSender? sender)
            ? sender
            : _senders.GetOrAdd(to, static (id, own) => new GroupSender(own._peers, id, own._options), this);

    private void SendLines(NodeId to, HeartbeatFrameKind kind, ReadOnlySpan<byte> lines)
    {
        GroupSender sender = SenderOf(to);
        if (kind == HeartbeatFrameKind.Rest)
            sender.SendNow(GroupFrameKind.Rest, lines);
        else if (kind == HeartbeatFrameKind.RestAnswers)
            sender.SendNow(GroupFrameKind.RestAnswers, lines);
        else
        {
            sender.SendLines(
                kind, kind == HeartbeatFrameKind.Heartbeats ? HeartbeatLines.LineBytes : HeartbeatLines.AnswerBytes,
                lines);
        }
    }

    private void Hasten()
    {
        if (Interlocked.Exchange(ref _isHastened, 1) == 0)
            _schedule(this);
    }

    private bool TakeMessage(NodeId from, ReadOnlySpan<byte> body)
    {
        if (body.Length < GroupFrameKind.MessageHeadBytes)
            return false;
        var group = new GroupId(BinaryPrimitives.ReadInt64LittleEndian(body));
        body = body[GroupFrameKind.MessageHeadBytes..];
        byte[] bytes = GC.AllocateUninitializedArray<byte>(body.Length);
        body.CopyTo(bytes);
        return Deliver(from, group, bytes);
    }

    private bool TakePiece(NodeId from, ReadOnlySpan<byte> body)
    {
        MessageAssembly assembly = _assemblies.GetOrAdd(
            from, static (_, own) => new MessageAssembly(own._options), this);
        return assembly.TryAdd(body, out GroupId group, out ReadOnlyMemory<byte> message)
            && (message.IsEmpty || Deliver(from, group, message));
    }

    private bool Deliver(NodeId from, GroupId group, ReadOnlyMemory<byte> bytes)
    {
        if (RaftMessageFormat.Read(bytes) is not { } message)
            return false;
        if (message is AppendAnswer answer && _senders.TryGetValue(from, out GroupSender? sender))
            sender.NoteAnswer(group, answer);
        if (_members.TryGetValue(group.Value, out IGroupMember? member))
            member.Receive(from, message);
        else
            Interlocked.Increment(ref _strayMessages);
        return true;
    }
}
