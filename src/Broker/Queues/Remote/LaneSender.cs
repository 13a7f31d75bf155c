using System.Buffers;
using Warren.Broker.Messages;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// One direction and class of a line: items, gathered into numbered frames, that are kept until the other side has
/// them. After a lost link all that it has not said to have is sent again, byte for byte; it takes the next number
/// only. Owned by the turn of its stand-in or visit. Frames wait here while there is no link, no room in its class, or
/// no window; what waits is bounded by whoever posts.
/// </summary>
internal sealed class LaneSender(ushort kind, LinkClass linkClass)
{
    private const int FirstFrameBytes = 512;

    /// <summary>
    /// Frames that are kept until they are received come back on other threads than they were taken on, a hundred at
    /// once: more than the runtime's shared pool keeps of a size.
    /// </summary>
    private static readonly ArrayPool<byte> Arrays = ArrayPool<byte>.Create(PeerLink.MostBodyBytes, 256);

    private Frame[] _frames = [];
    private int _head;
    private int _count;
    private int _sent;
    private long _first = 1;
    // Bytes of a frame before: as much goes into the next, where much goes at all.
    private int _usual;
    private long _highestSent;

    /// <summary>
    /// Set where the other side is this node itself: frames are gathered in slabs, and it reads them where they lie.
    /// </summary>
    public SlabPool? OwnSlabs { get; set; }

    /// <summary>Flags that all frames of the line bear.</summary>
    public byte LineFlags { get; set; }

    /// <summary>Bytes of frames that were sent, each counted once.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Up to here <see cref="SentBytes"/> may begin to grow; it exceeds it by one frame at most.</summary>
    public long WindowBytes { get; set; } = long.MaxValue;

    /// <summary>Bytes of frames that were never sent.</summary>
    public long UnsentBytes { get; private set; }

    /// <summary>The number of the last frame, sent or not; 0: there was none.</summary>
    public long LastNumber => _first + _count - 1;

    /// <summary>The highest number that was sent once.</summary>
    public long HighestSent => _highestSent;

    /// <summary>Everything that was added has been received, as far as this side knows.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Frames, sent or not, that are not received yet as far as this side knows.</summary>
    public int KeptFrames => _count;

    private ref Frame Last => ref _frames[(_head + _count - 1) & (_frames.Length - 1)];

    /// <summary>Room for a whole item, in the frame that is being filled or in a new one.</summary>
    /// <param name="sizeBytes">At most <see cref="MostItemBytes"/>.</param>
    public Span<byte> Add(int sizeBytes)
    {
        if (_count == _sent || LastNumber <= _highestSent || Last.IsClosed
            || Last.Used + sizeBytes > PeerLink.MostBodyBytes)
            Begin(0);
        ref Frame frame = ref Last;
        if (frame.Used + sizeBytes > frame.Bytes.Length)
            Grow(ref frame, frame.Used + sizeBytes);
        Span<byte> room = frame.Bytes.AsSpan(frame.Used, sizeBytes);
        frame.Used += sizeBytes;
        UnsentBytes += sizeBytes;
        return room;
    }

    /// <summary>Bytes of the largest item that fits one frame; a longer one is cut.</summary>
    public static int MostItemBytes => PeerLink.MostBodyBytes - LineFrame.HeaderBytes;

    /// <summary>An item that does not fit one frame: its fixed part, then the long one, in frames of its own.</summary>
    public void AddLong(ReadOnlySpan<byte> head, ReadOnlySpan<byte> bytes)
    {
        Begin(LineFrame.GoesOn);
        int firstBytes = MostItemBytes - head.Length;
        Append(head);
        Append(bytes[..firstBytes]);
        for (int at = firstBytes; at < bytes.Length;)
        {
            int piece = Math.Min(bytes.Length - at, MostItemBytes);
            bool isLast = at + piece == bytes.Length;
            Begin((byte)(LineFrame.BeginsInside | (isLast ? 0 : LineFrame.GoesOn)));
            Append(bytes.Slice(at, piece));
            at += piece;
        }
        Last.IsClosed = true;
    }

    /// <summary>Sends what may be sent; <paramref name="waiting"/> hears of room for the rest.</summary>
    public void SendOrAwait(LinePeer peer, long queue, long line, ILine waiting)
    {
        if (!Send(peer, queue, line))
            return;
        peer.AwaitRoom(linkClass, waiting);
        // There may be some by now.
        Send(peer, queue, line);
    }

    /// <summary>Sends what may be sent. True: some frame found no room in its class.</summary>
    /// <param name="peer">The other node.</param>
    /// <param name="queue">The address that each frame bears.</param>
    /// <param name="line">See <paramref name="queue"/>.</param>
    public bool Send(LinePeer peer, long queue, long line)
    {
        while (_sent < _count)
        {
            long number = _first + _sent;
            bool isFirstTime = number > _highestSent;
            if (isFirstTime && SentBytes >= WindowBytes)
                return false;
            ref Frame frame = ref _frames[(_head + _sent) & (_frames.Length - 1)];
            if (!TrySend(peer, ref frame, queue, line, number, isFirstTime))
                return true;
            _sent++;
            if (!isFirstTime)
                continue;
            _highestSent = number;
            SentBytes += frame.Used;
            UnsentBytes -= frame.Used;
        }
        return false;
    }

    /// <summary>
    /// A frame that is kept, from 0; its items begin behind the header, which may not be written yet.
    /// </summary>
    public ReadOnlySpan<byte> KeptFrame(int index)
    {
        ref Frame frame = ref _frames[(_head + index) & (_frames.Length - 1)];
        return frame.Bytes.AsSpan(0, frame.Used);
    }

    /// <summary>The other side has everything up to this number.</summary>
    public void Received(long number)
    {
        // Never sent, or received before: an old or a foreign word.
        while (_first <= Math.Min(number, _highestSent) && _count > 0)
        {
            ref Frame frame = ref _frames[_head];
            _usual = _count == 1 ? frame.Used : _usual;
            GiveBack(ref frame);
            _head = (_head + 1) & (_frames.Length - 1);
            _count--;
            _first++;
            _sent = Math.Max(0, _sent - 1);
        }
    }

    /// <summary>The link was lost and is back: everything not received is to be sent again.</summary>
    public void Rewind() => _sent = 0;

    /// <summary>The line is over.</summary>
    public void Clear()
    {
        for (int at = 0; at < _count; at++)
            GiveBack(ref _frames[(_head + at) & (_frames.Length - 1)]);
        _frames = [];
        _usual = 0;
        _head = 0;
        _count = 0;
        _sent = 0;
        _first = 1;
        _highestSent = 0;
        SentBytes = 0;
        UnsentBytes = 0;
    }

    private bool TrySend(LinePeer peer, ref Frame frame, long queue, long line, long number, bool isFirstTime)
    {
        byte flags = (byte)(frame.Flags | LineFlags);
        if (frame.Slab is null)
        {
            LineFrame.WriteHeader(frame.Bytes, queue, line, number, flags);
            return peer.TrySend(linkClass, kind, frame.Bytes.AsSpan(0, frame.Used));
        }
        if (isFirstTime)
        {
            LineFrame.WriteHeader(frame.Bytes, queue, line, number, flags);
            peer.HandOver(kind, frame.Slab, frame.Used);
            return true;
        }
        // Somebody may be reading it where it lies.
        byte[] again = Arrays.Rent(frame.Used);
        frame.Bytes.AsSpan(0, frame.Used).CopyTo(again);
        LineFrame.WriteHeader(again, queue, line, number, flags);
        bool isSent = peer.TrySend(linkClass, kind, again.AsSpan(0, frame.Used));
        Arrays.Return(again);
        return isSent;
    }

    private void Begin(byte flags)
    {
        if (_count == _frames.Length)
            GrowRing();
        if (_count > 0)
            _usual = Last.Used;
        _count++;
        Last = new Frame { Used = LineFrame.HeaderBytes, Flags = flags };
        Rent(ref Last, Math.Max(FirstFrameBytes, _usual));
        UnsentBytes += LineFrame.HeaderBytes;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        ref Frame frame = ref Last;
        if (frame.Used + bytes.Length > frame.Bytes.Length)
            Grow(ref frame, frame.Used + bytes.Length);
        bytes.CopyTo(frame.Bytes.AsSpan(frame.Used));
        frame.Used += bytes.Length;
        UnsentBytes += bytes.Length;
    }

    private void Grow(ref Frame frame, int neededBytes)
    {
        Frame smaller = frame;
        Rent(ref frame, Math.Min(PeerLink.MostBodyBytes, Math.Max(neededBytes, frame.Bytes.Length * 8)));
        smaller.Bytes.AsSpan(0, smaller.Used).CopyTo(frame.Bytes);
        GiveBack(ref smaller);
    }

    private void Rent(ref Frame frame, int sizeBytes)
    {
        if (OwnSlabs is null)
        {
            frame.Slab = null;
            frame.Bytes = Arrays.Rent(sizeBytes);
            return;
        }
        // Large ones are of the size that is used again.
        frame.Slab = OwnSlabs.Rent(sizeBytes > SlabPool.SlabSizeBytes / 4 ? SlabPool.SlabSizeBytes : sizeBytes);
        frame.Bytes = frame.Slab.Bytes;
    }

    private static void GiveBack(ref Frame frame)
    {
        if (frame.Slab is { } slab)
            slab.Release(1);
        else
            Arrays.Return(frame.Bytes);
        frame = default;
    }

    private void GrowRing()
    {
        var larger = new Frame[Math.Max(4, _frames.Length * 2)];
        for (int at = 0; at < _count; at++)
            larger[at] = _frames[(_head + at) & (_frames.Length - 1)];
        _frames = larger;
        _head = 0;
    }

    private struct Frame
    {
        public byte[] Bytes;

        /// <summary>What the bytes are of, where the other side reads them as well.</summary>
        public Slab? Slab;
        public int Used;
        public byte Flags;

        /// <summary>The end of a long item: nothing is added behind it.</summary>
        public bool IsClosed;
    }
}
