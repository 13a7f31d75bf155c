using System.Buffers.Binary;

namespace Warren.Cluster.Links;

/// <summary>
/// What is to be written on one link. Anybody adds, the link's writer loop takes as much as one write holds, the most
/// urgent first: a frame that is added waits at most for the write under way. Guarded by one leaf lock; nothing is
/// called under it. Bounded: each class by its queue's limit, the link's own frames by being states of which only the
/// latest waits.
/// </summary>
internal sealed class LinkOutbox
{
    /// <summary>
    /// A class that could be written gets one frame when this much of others went by, so that what catches up makes
    /// progress on a link that is never idle: a sixteenth of it. Not before control and acknowledgements.
    /// </summary>
    public const int MostPassedBytes = 16 * LinkFrame.MostBodyBytes;

    private const int Classes = (int)LinkClass.Bulk + 1;
    private const int CreditBodyBytes = 9;

    private readonly Lock _lock = new();
    private readonly SendQueue[] _queues = new SendQueue[Classes];
    private readonly long[] _credit = new long[Classes];
    private readonly byte[] _heartbeat = new byte[PeerHeartbeat.SizeBytes];
    private byte[]? _reachability;
    private byte[]? _goodbye;
    private int _creditDue;
    private bool _isHeartbeatDue;
    private bool _isClosed;

    public LinkOutbox(LinkOptions options)
    {
        for (int index = (int)LinkClass.Control; index < Classes; index++)
            _queues[index] = new SendQueue(options.QueueBytes);
    }

    /// <summary>False if it does not fit, and room is told once when there is some; false too when closed.</summary>
    public bool TryAdd(LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        Span<byte> header = stackalloc byte[LinkFrame.HeaderBytes];
        LinkFrame.WriteHeader(header, linkClass, kind, body.Length);
        lock (_lock)
            return !_isClosed && _queues[(int)linkClass].TryAdd(header, body);
    }

    /// <summary>The next heartbeat; at its pace memory that is not used any more is given back.</summary>
    public void SetHeartbeat(in PeerHeartbeat heartbeat)
    {
        lock (_lock)
        {
            for (int index = (int)LinkClass.Control; index < Classes; index++)
                _queues[index].Trim();
            heartbeat.Write(_heartbeat);
            _isHeartbeatDue = true;
        }
    }

    public void SetReachability(byte[] body)
    {
        lock (_lock)
            _reachability = body;
    }

    /// <summary>How much of a class the other side may send, counted since the link began.</summary>
    public void SetCredit(LinkClass linkClass, long allowedBytes)
    {
        lock (_lock)
        {
            _credit[(int)linkClass] = Math.Max(_credit[(int)linkClass], allowedBytes);
            _creditDue |= 1 << (int)linkClass;
        }
    }

    /// <summary>
    /// The last thing that is written, behind what is urgent, as far as the other side has allowed that; all else that
    /// waits is dropped.
    /// </summary>
    public void SetGoodbye(byte[] body)
    {
        lock (_lock)
        {
            Drop(LinkClass.Acknowledgements);
            _goodbye = body;
        }
    }

    /// <summary>The other side allows more.</summary>
    public void Allow(LinkClass linkClass, long allowedBytes)
    {
        lock (_lock)
            _queues[(int)linkClass].Allow(allowedBytes);
    }

    public int WaitingBytes(LinkClass linkClass)
    {
        lock (_lock)
            return _queues[(int)linkClass].WaitingBytes;
    }

    /// <summary>Fills the target with whole frames, not yet sealed.</summary>
    /// <param name="target">At least <see cref="LinkFrame.MostFrameBytes"/> beside the link's own frames.</param>
    /// <param name="roomClasses">The classes, as bits, that have room again for somebody who was turned away.</param>
    /// <param name="isLast">Nothing is to be written after it.</param>
    public int Take(Span<byte> target, out int roomClasses, out bool isLast)
    {
        lock (_lock)
        {
            isLast = _isClosed;
            roomClasses = 0;
            if (_goodbye is { } goodbye)
                return TakeGoodbye(target, goodbye, out isLast);
            if (_isClosed)
                return 0;
            int used = TakeOwn(target);
            while (Next() is { } next && next.HeadBytes <= target.Length - used)
            {
                int sizeBytes = next.HeadBytes;
                next.Take(target[used..]);
                used += sizeBytes;
                NotePassed(next, sizeBytes);
            }
            for (int index = (int)LinkClass.Control; index < Classes; index++)
                roomClasses |= _queues[index].TakeRoom() ? 1 << index : 0;
            return used;
        }
    }

    public void Close()
    {
        lock (_lock)
            Drop(LinkClass.Control);
    }

    private void Drop(LinkClass first)
    {
        _isClosed = true;
        for (int index = (int)first; index < Classes; index++)
            _queues[index].Clear();
    }

    private int TakeGoodbye(Span<byte> target, byte[] goodbye, out bool isLast)
    {
        SendQueue control = _queues[(int)LinkClass.Control];
        int used = 0;
        while (control.IsReady && control.HeadBytes <= target.Length - used - LinkFrame.HeaderBytes - goodbye.Length)
        {
            int sizeBytes = control.HeadBytes;
            control.Take(target[used..]);
            used += sizeBytes;
        }
        isLast = !control.IsReady;
        if (!isLast)
            return used;
        _goodbye = null;
        control.Clear();
        return used + Put(target[used..], LinkKind.Goodbye, goodbye);
    }

    private int TakeOwn(Span<byte> target)
    {
        int used = 0;
        if (_isHeartbeatDue)
            used += Put(target, LinkKind.Heartbeat, _heartbeat);
        _isHeartbeatDue = false;
        if (_creditDue != 0)
        {
            Span<byte> body = stackalloc byte[CreditBodyBytes];
            for (int index = (int)LinkClass.Control; index < Classes; index++)
            {
                if ((_creditDue & (1 << index)) == 0)
                    continue;
                body[0] = (byte)index;
                BinaryPrimitives.WriteInt64LittleEndian(body[1..], _credit[index]);
                used += Put(target[used..], LinkKind.Credit, body);
            }
            _creditDue = 0;
        }
        if (_reachability is { } reachability)
            used += Put(target[used..], LinkKind.Reachability, reachability);
        _reachability = null;
        return used;
    }

    private static int Put(Span<byte> target, ushort kind, ReadOnlySpan<byte> body)
    {
        LinkFrame.WriteHeader(target, LinkClass.Link, kind, body.Length);
        body.CopyTo(target[LinkFrame.HeaderBytes..]);
        return LinkFrame.HeaderBytes + body.Length;
    }

    private SendQueue? Next()
    {
        SendQueue? first = null;
        for (int index = (int)LinkClass.Control; index < Classes; index++)
        {
            SendQueue queue = _queues[index];
            if (!queue.IsReady)
                continue;
            if (index <= (int)LinkClass.Acknowledgements)
                return queue;
            if (first is null)
                first = queue;
            else if (queue.PassedBytes >= MostPassedBytes)
                return queue;
        }
        return first;
    }

    private void NotePassed(SendQueue taken, int sizeBytes)
    {
        for (int index = (int)LinkClass.Publishes; index < Classes; index++)
        {
            SendQueue queue = _queues[index];
            if (!ReferenceEquals(queue, taken) && queue.IsReady)
                queue.PassedBytes += sizeBytes;
        }
    }
}
