using System.Threading.Channels;
using Warren.Cluster.Links;

namespace Warren.Cluster.Peers;

/// <summary>
/// Bytes in order, both ways, over the link of a visitor: what two programs say to each other that know nothing of
/// frames. A reader that stands still stops the sender by the class's credit; a writer waits for room. One reader and
/// one writer at a time. Ends with the link, or with the other side's word that no more comes.
/// <para>Its owner passes on what comes by the link: <see cref="Receive"/>, <see cref="MoreRoom"/>, <see cref="End"/>.
/// </para>
/// </summary>
/// <param name="link">The link, of this stream alone.</param>
/// <param name="bytesKind">Of a frame that holds bytes; the next kind says that no more come.</param>
public sealed class LinkStream(PeerLink link, ushort bytesKind) : Stream
{
    /// <summary>How long the other side may take to end the link when all is said.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly Channel<(byte[] Bytes, FrameCredit Credit)> _received =
        Channel.CreateUnbounded<(byte[], FrameCredit)>(new UnboundedChannelOptions { SingleReader = true });
    // Holds a token when there may be room. Told on the link's loops also when this is disposed of.
    private readonly Channel<bool> _room = Channel.CreateBounded<bool>(1);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (byte[] Bytes, FrameCredit Credit) _current = ([], default);
    private int _offset;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override bool CanTimeout => true;

    /// <summary>For <see cref="Read(Span{byte})"/>, ms; -1: none.</summary>
    public override int ReadTimeout { get; set; } = Timeout.Infinite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>A frame of the link; its credit goes back when it has been read.</summary>
    public void Receive(in PeerFrame frame)
    {
        bool isBytes = frame.Class == LinkClass.Control && frame.Kind == bytesKind;
        if (isBytes && _received.Writer.TryWrite((frame.Body.ToArray(), frame.Credit)))
            return;
        frame.Credit.Return();
        if (frame.Class == LinkClass.Control && frame.Kind == bytesKind + 1)
            _received.Writer.TryComplete();
    }

    /// <summary>The link has room again.</summary>
    public void MoreRoom() => _room.Writer.TryWrite(true);

    /// <summary>The link has ended.</summary>
    public void End()
    {
        _received.Writer.TryComplete();
        _ended.TrySetResult();
        MoreRoom();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_offset == _current.Bytes.Length)
        {
            _current.Credit.Return();
            _current = ([], default);
            _offset = 0;
            if (!await _received.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                return 0;
            _received.Reader.TryRead(out _current);
        }
        int count = Math.Min(buffer.Length, _current.Bytes.Length - _offset);
        _current.Bytes.AsMemory(_offset, count).CopyTo(buffer);
        _offset += count;
        return count;
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            ReadOnlyMemory<byte> part = buffer[..Math.Min(buffer.Length, PeerLink.MostBodyBytes)];
            while (!link.TrySend(LinkClass.Control, bytesKind, part.Span))
            {
                if (link.EndReason is { } reason)
                    throw new IOException(reason);
                await _room.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            buffer = buffer[part.Length..];
        }
    }

    /// <summary>
    /// Says that no more comes and lets the other side end the link, so that what was written arrives.
    /// </summary>
    public async Task FinishAsync(TimeProvider time)
    {
        link.TrySend(LinkClass.Control, (ushort)(bytesKind + 1), []);
        try
        {
            await _ended.Task.WaitAsync(EndPatience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It has had its time.
        }
    }

    public override int Read(Span<byte> buffer)
    {
        byte[] bytes = new byte[buffer.Length];
        using var patience = new CancellationTokenSource();
        if (ReadTimeout > 0)
            patience.CancelAfter(ReadTimeout);
        try
        {
            int count = ReadAsync(bytes, patience.Token).AsTask().GetAwaiter().GetResult();
            bytes.AsSpan(0, count).CopyTo(buffer);
            return count;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException("the node did not answer in time");
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Frames go by themselves.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        link.Close("all is said");
        base.Dispose(disposing);
    }
}
