namespace Warren.Cluster.Tests.Links;

/// <summary>
/// One direction of a simulated connection: what is written arrives after the way's delay, in order, unless the way is
/// blocked; then it waits, as TCP makes it wait. Writers wait when too much is under way.
/// </summary>
internal sealed class SimulatedPipe(SimulatedTurns turns, SimulatedWay way)
{
    private const int CapacityBytes = 64 * 1024;

    private readonly Queue<(long Due, byte[] Bytes)> _underWay = [];
    private readonly Queue<ReadOnlyMemory<byte>> _arrived = [];
    private ReadOnlyMemory<byte> _next;
    private TaskCompletionSource<int>? _reader;
    private Memory<byte> _wanted;
    private TaskCompletionSource? _writer;
    private int _underWayBytes;
    private bool _isEnded;
    private bool _isBroken;

    public Task<int> ReadAsync(Memory<byte> buffer)
    {
        if (_isBroken)
            return Task.FromException<int>(new IOException("cut"));
        _reader = new TaskCompletionSource<int>();
        _wanted = buffer;
        Task<int> reading = _reader.Task;
        ServeReader();
        return reading;
    }

    public Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_isBroken || _isEnded)
            return Task.FromException(new IOException("cut"));
        _underWay.Enqueue((way.Now + way.DelayTicks, bytes.ToArray()));
        _underWayBytes += bytes.Length;
        turns.Schedule(Arrive);
        if (_underWayBytes <= CapacityBytes)
            return Task.CompletedTask;
        _writer = new TaskCompletionSource();
        return _writer.Task;
    }

    /// <summary>The writer's side is closed; the end arrives behind what is under way.</summary>
    public void End()
    {
        if (_isEnded)
            return;
        _isEnded = true;
        Fail(ref _writer);
        _underWay.Enqueue((way.Now + way.DelayTicks, []));
        turns.Schedule(Arrive);
    }

    /// <summary>The reader's side is closed, or the connection is cut.</summary>
    public void Break()
    {
        _isBroken = true;
        Fail(ref _writer);
        if (_reader is { } reader)
            turns.Schedule(() => reader.TrySetException(new IOException("cut")));
        _reader = null;
    }

    /// <summary>Lets arrive what is due.</summary>
    public void Arrive()
    {
        while (!way.IsBlocked && _underWay.TryPeek(out (long Due, byte[] Bytes) next) && next.Due <= way.Now)
        {
            _underWay.Dequeue();
            if (next.Bytes.Length > 0)
                _arrived.Enqueue(next.Bytes);
        }
        ServeReader();
    }

    private void ServeReader()
    {
        bool isOver = _isEnded && _underWay.Count == 0;
        if (_next.IsEmpty && _arrived.TryDequeue(out ReadOnlyMemory<byte> arrived))
            _next = arrived;
        if (_reader is not { } reader || (_next.IsEmpty && !isOver))
            return;
        int count = Math.Min(_wanted.Length, _next.Length);
        _next[..count].CopyTo(_wanted);
        _next = _next[count..];
        _underWayBytes -= count;
        _reader = null;
        turns.Schedule(() => reader.TrySetResult(count));
        if (_writer is not { } writer || _underWayBytes > CapacityBytes)
            return;
        _writer = null;
        turns.Schedule(() => writer.TrySetResult());
    }

    private void Fail(ref TaskCompletionSource? waiting)
    {
        if (waiting is { } writer)
            turns.Schedule(() => writer.TrySetException(new IOException("cut")));
        waiting = null;
    }
}
