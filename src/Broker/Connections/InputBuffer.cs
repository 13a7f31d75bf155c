using System.Buffers;
using System.Numerics;

namespace Warren.Broker.Connections;

/// <summary>
/// The contiguous bytes received and not yet taken. The input loop fills it and then waits; the connection's turn takes
/// frames from it and then lets the loop go on: never both at once.
/// A busy connection borrows a large array while there is something in it; an idle one keeps a small array of its own,
/// so two thousand of them cost 8 MiB. Never larger than <see cref="MostBytes"/> or one frame.
/// </summary>
internal sealed class InputBuffer
{
    private const int IdleBytes = 4096;

    /// <summary>
    /// A thousand small messages: enough to amortise the system call, little enough that others get their turn.
    /// </summary>
    private const int MostBytes = 64 * 1024;

    /// <summary>
    /// A read that brings so many frames is large enough where many connections take turns: what it sets in motion, in
    /// slabs, queues and outboxes, should fit the processor's cache until it is written.
    /// </summary>
    private const int ManyFrames = 800;

    /// <summary>What a frame of a small message takes, until one has been seen.</summary>
    private const int SmallFrameBytes = 24;

    /// <summary>Reads that use little of the array before a smaller one is wished for.</summary>
    private const int SmallReadsTolerated = 64;

    private readonly byte[] _idle = new byte[IdleBytes];
    private byte[] _bytes;
    private int _start;
    private int _end;
    private int _wishBytes = IdleBytes;
    private int _smallReads;
    private int _takenFrames;
    private int _takenBytes;
    private int _frameBytes = SmallFrameBytes;

    public InputBuffer() => _bytes = _idle;

    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    /// <summary>
    /// Gives a borrowed array back if nothing is in it; true if the next read should first wait for bytes.
    /// </summary>
    public bool ReleaseIfEmpty()
    {
        if (_start != _end)
            return false;
        _start = _end = 0;
        if (!ReferenceEquals(_bytes, _idle))
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = _idle;
        return _wishBytes > IdleBytes;
    }

    /// <summary>
    /// Room for the next read, so that <paramref name="wantedBytes"/> of contiguous unread bytes will fit.
    /// </summary>
    public Memory<byte> MakeRoom(int wantedBytes)
    {
        int sizeBytes = Math.Max(_wishBytes, wantedBytes);
        bool isTooLarge = _bytes.Length > sizeBytes * 2L && _end - _start < sizeBytes;
        if (_bytes.Length < sizeBytes || isTooLarge)
            MoveTo(ArrayPool<byte>.Shared.Rent(sizeBytes));
        else if (_start > 0 && (_start + wantedBytes > _bytes.Length || _end == _bytes.Length))
            MoveTo(_bytes);
        else if (_end == _bytes.Length)
            MoveTo(ArrayPool<byte>.Shared.Rent(_bytes.Length * 2));
        return _bytes.AsMemory(_end);
    }

    /// <summary>Bytes have come in.</summary>
    /// <param name="count">How many.</param>
    /// <param name="hasManyPeers">Many connections take turns: reads are bounded by what they set in motion.</param>
    public void Commit(int count, bool hasManyPeers)
    {
        _end += count;
        int limitBytes = LimitByFrames(hasManyPeers);
        _wishBytes = Math.Min(_wishBytes, limitBytes);
        // A read that filled the array says that more is waiting in the socket.
        if (_end == _bytes.Length)
        {
            _wishBytes = Math.Min(_wishBytes * 4, limitBytes);
            _smallReads = 0;
        }
        else if (count < _wishBytes / 8 && ++_smallReads > SmallReadsTolerated)
        {
            _wishBytes = Math.Max(IdleBytes, _wishBytes / 4);
            _smallReads = 0;
        }
    }

    /// <summary>Takes one frame, or whatever is left.</summary>
    public void Take(int count)
    {
        _start += count;
        _takenBytes += count;
        _takenFrames++;
    }

    /// <summary>The connection is over.</summary>
    public void Release()
    {
        _start = _end;
        ReleaseIfEmpty();
    }

    // By the size of the frames that came last. A power of two, as the pool's arrays are: else a read gets twice as
    // much.
    private int LimitByFrames(bool hasManyPeers)
    {
        if (_takenFrames > 0)
            _frameBytes = Math.Clamp(_takenBytes / _takenFrames, 1, MostBytes);
        _takenFrames = _takenBytes = 0;
        if (!hasManyPeers)
            return MostBytes;
        uint bytes = (uint)Math.Clamp((long)_frameBytes * ManyFrames, IdleBytes, MostBytes);
        return 1 << BitOperations.Log2(bytes);
    }

    private void MoveTo(byte[] target)
    {
        byte[] source = _bytes;
        Buffer.BlockCopy(source, _start, target, 0, _end - _start);
        _end -= _start;
        _start = 0;
        _bytes = target;
        if (!ReferenceEquals(source, target) && !ReferenceEquals(source, _idle))
            ArrayPool<byte>.Shared.Return(source);
    }
}
