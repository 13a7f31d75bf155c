using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Warren.Cluster.Turns;

namespace Warren.Cluster.Links;

/// <summary>
/// An authenticated connection with one other node, after the handshake. Two loops: the reader hands frames over and
/// never waits for anything but the stream; the writer takes all that waits, the most urgent first, and writes it at
/// once. Anybody may send; frames of one class stay in order. What the other side has not given credit for waits here,
/// bounded. A link that has ended never begins again: what was sent and not received is lost, and the sender hears of
/// the end.
/// </summary>
public sealed class PeerLink
{
    /// <summary>What one write holds: the longest frame, and the link's own frames before it.</summary>
    private const int WriteBytes = LinkFrame.MostFrameBytes + (8 * 1024);

    /// <summary>
    /// A loop whose stream never makes it wait would never leave its thread; after so much it lets others run.
    /// </summary>
    private const int ShareBytes = 1024 * 1024;

    private readonly Stream _stream;
    private readonly LinkSeams _seams;
    private readonly LinkOutbox _outbox;
    private readonly LinkInflow _inflow;
    private readonly LinkInput _input;
    private readonly SilenceWatch _silence;
    private readonly ILoopSignal _mustWrite;
    private readonly bool _blocks;
    private readonly TimeSpan _goodbyeTime;
    private readonly ulong _outputSalt;
    private string? _reason;
    private long _heard;
    private long _readAt;
    private long _closedAt;
    private volatile bool _hasBegun;
    private volatile bool _hasHeard;
    private volatile bool _hasSaidGoodbye;
    private volatile LinkEnd _end;

    internal PeerLink(Stream stream, HandshakeResult handshake, LinkOptions options, LinkSeams seams)
    {
        _stream = stream;
        _seams = seams;
        _outbox = new LinkOutbox(options);
        _inflow = new LinkInflow(options);
        _input = new LinkInput(handshake.InputSalt);
        _outputSalt = handshake.OutputSalt;
        _silence = new SilenceWatch(seams.Time, options);
        _blocks = stream is IPeerStream { Blocks: true };
        _mustWrite = _blocks ? new LoopThread.Signal() : new AsyncSignal(seams.Schedule);
        _goodbyeTime = options.SilenceTimeout;
        Peer = handshake.Peer;
        Purpose = handshake.Purpose;
        Version = handshake.Version;
        for (LinkClass linkClass = LinkClass.Control; linkClass <= LinkClass.Bulk; linkClass++)
            _outbox.SetCredit(linkClass, options.WindowBytes);
    }

    /// <summary>What an owner may put into one frame, bytes.</summary>
    public static int MostBodyBytes => LinkFrame.MostBodyBytes;

    /// <summary>Who is on the other side, proven.</summary>
    public PeerIdentity Peer { get; }

    public LinkPurpose Purpose { get; }

    /// <summary>The protocol's version that both sides speak.</summary>
    public ushort Version { get; }

    /// <summary>Why it ended; null while it has not.</summary>
    public string? EndReason => Volatile.Read(ref _reason);

    /// <summary>What its end says of the other side; once it has ended.</summary>
    public LinkEnd End => _end;

    /// <summary>
    /// Queues a frame. False if the class's queue is full (the owner hears once when there is room again) or the link
    /// has ended (the owner hears that anyway). May be called on any thread; never waits.
    /// </summary>
    /// <param name="linkClass">Not <see cref="LinkClass.Link"/>.</param>
    /// <param name="kind">The owner's; in class Control below 0xFF00.</param>
    /// <param name="body">At most <see cref="MostBodyBytes"/>; longer things are sent in pieces.</param>
    public bool TrySend(LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(body.Length, LinkFrame.MostBodyBytes);
        ArgumentOutOfRangeException.ThrowIfEqual((byte)linkClass, (byte)LinkClass.Link);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(kind, LinkKind.FirstReserved);
        return TrySendAny(linkClass, kind, body);
    }

    /// <summary>What waits to be written of a class, bytes.</summary>
    public int WaitingBytes(LinkClass linkClass) => _outbox.WaitingBytes(linkClass);

    /// <summary>Ends the link; the other side is told why, if it still listens.</summary>
    public void Close(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is not null)
            return;
        Volatile.Write(ref _closedAt, _seams.Time.GetTimestamp());
        byte[] body = Encoding.UTF8.GetBytes(reason);
        _outbox.SetGoodbye(body[..Math.Min(body.Length, VerdictBody.MostSentenceBytes)]);
        _mustWrite.Raise();
    }

    internal bool TrySendAny(LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        if (!_outbox.TryAdd(linkClass, kind, body))
            return false;
        _mustWrite.Raise();
        return true;
    }

    /// <summary>For tests: as if the other side had allowed it.</summary>
    internal void ForgeCredit(LinkClass linkClass, long allowedBytes) => _outbox.Allow(linkClass, allowedBytes);

    internal void SendReachability(byte[] body)
    {
        _outbox.SetReachability(body);
        _mustWrite.Raise();
    }

    internal void ReturnCredit(LinkClass linkClass, int sizeBytes)
    {
        long allowed = _inflow.Return(linkClass, sizeBytes);
        if (allowed == 0)
            return;
        _outbox.SetCredit(linkClass, allowed);
        _mustWrite.Raise();
    }

    /// <summary>Once every interval: sends a heartbeat, and ends the link if the other side does not live.</summary>
    internal void Tick(long now)
    {
        if (!_hasBegun)
            return;
        if (EndReason is not null)
        {
            // The goodbye could not be written: whoever does not read is not waited for.
            if (_seams.Time.GetElapsedTime(Volatile.Read(ref _closedAt), now) >= _goodbyeTime)
                EndStream();
            return;
        }
        switch (_silence.Look(now))
        {
            case SilenceKind.NotHeard:
                _end = LinkEnd.Silent;
                Abort($"nothing was heard from {Peer.Name} for {_goodbyeTime.TotalMilliseconds} ms");
                break;
            case SilenceKind.DoesNotHear:
                Abort($"{Peer.Name} is heard, but does not hear this node");
                break;
            default:
                SendHeartbeat(now);
                break;
        }
    }

    internal void RestartClocks(long now) => _silence.Restart(now);

    /// <summary>
    /// Runs both loops until the link ends, on threads of their own if its stream blocks; returns why.
    /// </summary>
    internal async Task<string> RunAsync()
    {
        // Before all else: the peer learns from it what came through relays before this link.
        SendHeartbeat(_seams.Time.GetTimestamp());
        _hasBegun = true;
        Task writing = _blocks ? LoopThread.Run("link-writer", WriteAsync) : WriteAsync();
        try
        {
            // Of itself it never fails: then it has no thread.
            if (writing.IsFaulted)
                await writing.ConfigureAwait(false);
            await (_blocks ? LoopThread.Run("link-reader", ReadAsync) : ReadAsync()).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // The outermost loop: a mistake of the owner's ends this link, loudly, and no other.
            Close($"this node failed while it handled a frame: {error.Message}");
            if (writing.IsFaulted)
                EndStream();
        }
        await EndAsync(writing).ConfigureAwait(false);
        return EndReason!;
    }

    private async Task EndAsync(Task writing)
    {
        // A reason that is given already is being told to the other side, which must not wait for long; see Tick.
        Abort($"{Peer.Name} closed the connection", onlyIfOpen: true);
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _outbox.Close();
        _input.Release();
    }

    private void Abort(string reason, bool onlyIfOpen = false)
    {
        bool isFirst = Interlocked.CompareExchange(ref _reason, reason, null) is null;
        if (!isFirst && onlyIfOpen)
            return;
        _outbox.Close();
        EndStream();
        _mustWrite.Raise();
    }

    // An orderly end without a goodbye is that of a process: while this one lives, the other side must not see one.
    private void EndStream()
    {
        if (!_hasSaidGoodbye && _stream is IPeerStream stream)
            stream.Reset();
        else
            _stream.Dispose();
    }

    private void SendHeartbeat(long now)
    {
        PeerHeartbeat heartbeat = _seams.State() with
        {
            Number = _silence.Send(now),
            Heard = Volatile.Read(ref _heard),
            WallClockMs = _seams.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        _outbox.SetHeartbeat(heartbeat);
        _mustWrite.Raise();
    }

    private async Task WriteAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(WriteBytes);
        var backOfTheQueue = new BackOfTheQueue(_seams.Schedule);
        uint number = 0;
        int shareBytes = 0;
        try
        {
            while (true)
            {
                int count = _outbox.Take(buffer.AsSpan(0, WriteBytes), out int roomClasses, out bool isLast);
                number = LinkFrame.Seal(buffer.AsSpan(0, count), _outputSalt, number);
                for (; roomClasses != 0; roomClasses &= roomClasses - 1)
                    _seams.Room(this, (LinkClass)System.Numerics.BitOperations.TrailingZeroCount(roomClasses));
                if (count > 0 && _blocks)
                    _stream.Write(buffer, 0, count);
                else if (count > 0)
                    await _stream.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
                if (isLast)
                {
                    _hasSaidGoodbye = true;
                    break;
                }
                shareBytes = count == 0 ? 0 : shareBytes + count;
                if (count == 0)
                    await _mustWrite.WaitAsync().ConfigureAwait(false);
                else if (shareBytes >= ShareBytes && !_blocks)
                {
                    shareBytes = 0;
                    await backOfTheQueue;
                }
            }
        }
        catch (Exception)
        {
            // Whatever a stream throws, a socket's or TLS's, it takes no more; the reader sees it too, or is made to.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            Abort($"the connection with {Peer.Name} broke");
        }
    }

    private async Task ReadAsync()
    {
        var backOfTheQueue = new BackOfTheQueue(_seams.Schedule);
        int shareBytes = 0;
        while (true)
        {
            int count;
            try
            {
                count = _blocks
                    ? _stream.Read(_input.Room().Span)
                    : await _stream.ReadAsync(_input.Room()).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // Whatever it was, no more bytes come.
                return;
            }
            if (count == 0)
            {
                // What ends before its first word was none to the other side.
                if (EndReason is null && _hasHeard)
                    _end = LinkEnd.PeerGone;
                return;
            }
            _readAt = _seams.Time.GetTimestamp();
            _silence.Heard(_readAt);
            _input.Commit(count);
            if (!HandleInput())
                return;
            shareBytes += count;
            if (shareBytes < ShareBytes || _blocks)
                continue;
            shareBytes = 0;
            await backOfTheQueue;
        }
    }

    // False when the link has ended meanwhile.
    private bool HandleInput()
    {
        while (EndReason is null)
        {
            LinkFrameStatus status = _input.TryTake(out LinkFrameHeader header, out ReadOnlySpan<byte> body);
            if (status == LinkFrameStatus.Incomplete)
                return true;
            if (status == LinkFrameStatus.Damaged)
                Close($"a damaged frame came from {Peer.Name}");
            else if (header.Class == LinkClass.Link)
            {
                _hasHeard = true;
                HandleOwn(header.Kind, body);
            }
            else if (!_inflow.TryReceive(header.Class, header.SizeBytes))
                Close($"{Peer.Name} sent more than it had credit for");
            else
            {
                _seams.Frame(new PeerFrame
                {
                    From = Peer.NodeId,
                    Link = this,
                    Class = header.Class,
                    Kind = header.Kind,
                    Body = body,
                    LostFor = _silence.LostFor(_readAt),
                    Credit = new FrameCredit(this, header.Class, header.SizeBytes),
                });
            }
        }
        return false;
    }

    private void HandleOwn(ushort kind, ReadOnlySpan<byte> body)
    {
        switch (kind)
        {
            case LinkKind.Heartbeat when PeerHeartbeat.TryRead(body, out PeerHeartbeat heartbeat):
                Volatile.Write(ref _heard, heartbeat.Number);
                _silence.Echoed(heartbeat.Heard);
                _seams.Heartbeat(this, heartbeat);
                break;
            case LinkKind.Credit when body.Length >= 9 && body[0] is > 0 and <= (byte)LinkClass.Bulk:
                _outbox.Allow((LinkClass)body[0], BinaryPrimitives.ReadInt64LittleEndian(body[1..]));
                _mustWrite.Raise();
                break;
            case LinkKind.Reachability when ReachabilityBody.TryRead(body, out HashSet<NodeId> nodes):
                _seams.Reachability(this, nodes);
                break;
            case LinkKind.Goodbye:
                Abort($"{Peer.Name} ended the link: "
                    + VerdictBody.Printable(body[..Math.Min(body.Length, VerdictBody.MostSentenceBytes)]));
                break;
            case LinkKind.Heartbeat or LinkKind.Credit or LinkKind.Reachability:
                Close($"a frame from {Peer.Name} holds what cannot be");
                break;
            // A kind of a later version: neighbours ignore what they do not know.
            default:
                break;
        }
    }
}
