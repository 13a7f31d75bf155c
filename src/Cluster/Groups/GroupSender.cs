using System.Buffers;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// What groups send to one other node. Whatever fits a frame goes in class Control, at once; what is longer goes in
/// pieces in class Bulk, of several groups in turn, so that neither heartbeats nor small appends of other groups wait
/// for it. Appends of one group keep their order: while a large one is not acknowledged those behind it go its way.
/// <para>What finds no room waits here, bounded; room is told by the link, and what a link did not take before it ended
/// is thrown away with it. Guarded by one lock, under which nothing is called but the link's queue.</para>
/// </summary>
internal sealed class GroupSender(IPeers peers, NodeId to, GroupTransportOptions options)
{
    private readonly Lock _lock = new();
    private readonly byte[]?[] _lines = new byte[]?[2];
    private readonly Queue<byte[]> _control = new();
    private readonly Dictionary<long, BulkStream> _streams = [];
    private readonly Queue<BulkStream> _open = new();
    private readonly Queue<BulkStream> _waiting = new();

    // Of groups with an append under way in Bulk: its last index, until the member has it or says no.
    private readonly Dictionary<long, long> _unacknowledged = [];
    private int _controlBytes;
    private int _bulkBytes;
    private long _lost;

    /// <summary>Messages for which there was no room; consensus sends them again.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>What waits here, bytes.</summary>
    public int WaitingBytes
    {
        get
        {
            lock (_lock)
                return _controlBytes + _bulkBytes;
        }
    }

    public void Send(GroupId group, RaftMessage message)
    {
        bool fitsFrame = MessageBody.TryGet(group, message, out ReadOnlySpan<byte> body);
        lock (_lock)
        {
            if (!fitsFrame || FollowsLarge(group, message))
                SendBulk(group, message);
            else
                SendControl(body);
        }
    }

    /// <summary>Lines of heartbeats; of what finds no room the latest waits.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="lineBytes">Of one line: none is cut.</param>
    /// <param name="lines">Some.</param>
    public void SendLines(HeartbeatFrameKind kind, int lineBytes, ReadOnlySpan<byte> lines)
    {
        lock (_lock)
        {
            _lines[(int)kind] = null;
            SendLinesNow(kind, lineBytes, lines);
        }
    }

    /// <summary>A frame of heartbeats that is of use now or not at all.</summary>
    public void SendNow(ushort kind, ReadOnlySpan<byte> body) => peers.TrySend(to, LinkClass.Control, kind, body);

    /// <summary>An append has been answered: what is sent next need not go behind it any more.</summary>
    public void NoteAnswer(GroupId group, AppendAnswer answer)
    {
        lock (_lock)
        {
            if (_unacknowledged.TryGetValue(group.Value, out long last)
                && (answer.IsRejected || answer.Index.Value >= last))
                _unacknowledged.Remove(group.Value);
        }
    }

    /// <summary>The link has taken some of a class, or has come up.</summary>
    public void GoOn(LinkClass linkClass)
    {
        lock (_lock)
        {
            if (linkClass == LinkClass.Bulk)
                Pump();
            if (linkClass != LinkClass.Control)
                return;
            SendWaitingLines(HeartbeatFrameKind.Heartbeats, HeartbeatLines.LineBytes);
            SendWaitingLines(HeartbeatFrameKind.Answers, HeartbeatLines.AnswerBytes);
            while (_control.TryPeek(out byte[]? body)
                && peers.TrySend(to, LinkClass.Control, GroupFrameKind.Message, body))
            {
                _control.Dequeue();
                _controlBytes -= body.Length;
            }
        }
    }

    /// <summary>The link has ended: what it did not take is lost.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            Array.Clear(_lines);
            _control.Clear();
            foreach (BulkStream stream in _streams.Values)
                stream.Clear();
            _streams.Clear();
            _open.Clear();
            _waiting.Clear();
            _unacknowledged.Clear();
            _controlBytes = _bulkBytes = 0;
        }
    }

    private bool FollowsLarge(GroupId group, RaftMessage message) =>
        message is AppendRequest && _unacknowledged.ContainsKey(group.Value);

    private void SendControl(ReadOnlySpan<byte> body)
    {
        if (_control.Count == 0 && peers.TrySend(to, LinkClass.Control, GroupFrameKind.Message, body))
            return;
        // Without a link nobody tells of room.
        if (!peers.IsUp(to) || _controlBytes + body.Length > options.WaitingControlBytes)
        {
            Interlocked.Increment(ref _lost);
            return;
        }
        _control.Enqueue(body.ToArray());
        _controlBytes += body.Length;
    }

    // A relay takes what fits a frame; the rest is not even written.
    private void SendBulk(GroupId group, RaftMessage message)
    {
        int sizeBytes = RaftMessageFormat.SizeBytes(message);
        bool hasRoom = _bulkBytes == 0 || _bulkBytes + (long)sizeBytes <= options.WaitingBulkBytes;
        if (!peers.IsUp(to) || !hasRoom || sizeBytes > options.MostMessageBytes)
        {
            Interlocked.Increment(ref _lost);
            return;
        }
        if (message is AppendRequest append)
            _unacknowledged[group.Value] = append.PreviousIndex.Value + append.Entries.Length;
        if (!_streams.TryGetValue(group.Value, out BulkStream? stream))
        {
            _streams.Add(group.Value, stream = new BulkStream(group));
            _waiting.Enqueue(stream);
        }
        RaftMessageFormat.Write(message, stream.Add(sizeBytes));
        _bulkBytes += sizeBytes;
        Pump();
    }

    private void Pump()
    {
        if (_streams.Count == 0)
            return;
        byte[] frame = ArrayPool<byte>.Shared.Rent(PeerLink.MostBodyBytes);
        Pump(frame.AsSpan(0, PeerLink.MostBodyBytes));
        ArrayPool<byte>.Shared.Return(frame);
    }

    private void Pump(Span<byte> frame)
    {
        while (true)
        {
            while (_open.Count < options.MostOpenMessages && _waiting.TryDequeue(out BulkStream? next))
                _open.Enqueue(next);
            if (!_open.TryPeek(out BulkStream? stream))
                break;
            ReadOnlySpan<byte> body = stream.NextFrame(frame, out ushort kind, out int messageBytes);
            // Room is told, or the end of the link.
            if (!peers.TrySend(to, LinkClass.Bulk, kind, body))
                return;
            _open.Dequeue();
            stream.Advance(messageBytes);
            _bulkBytes -= messageBytes;
            if (stream.IsOpen)
                _open.Enqueue(stream);
            else if (!stream.IsEmpty)
                _waiting.Enqueue(stream);
            else
                _streams.Remove(stream.Group.Value);
        }
    }

    private void SendLinesNow(HeartbeatFrameKind kind, int lineBytes, ReadOnlySpan<byte> lines)
    {
        ushort frameKind = kind == HeartbeatFrameKind.Heartbeats
            ? GroupFrameKind.Heartbeats
            : GroupFrameKind.Answers;
        int most = PeerLink.MostBodyBytes / lineBytes * lineBytes;
        while (!lines.IsEmpty)
        {
            ReadOnlySpan<byte> body = lines[..Math.Min(lines.Length, most)];
            if (!peers.TrySend(to, LinkClass.Control, frameKind, body))
            {
                if (peers.IsUp(to))
                    _lines[(int)kind] = lines.ToArray();
                return;
            }
            lines = lines[body.Length..];
        }
    }

    private void SendWaitingLines(HeartbeatFrameKind kind, int lineBytes)
    {
        if (_lines[(int)kind] is not { } lines)
            return;
        _lines[(int)kind] = null;
        SendLinesNow(kind, lineBytes, lines);
    }
}
