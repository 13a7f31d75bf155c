using System.Threading.Tasks.Sources;

namespace Warren.Wire;

/// <summary>
/// One direction of a <see cref="MemoryDuplex"/>: a bounded buffer between one writer and one reader, as a socket's
/// buffers are. Neither side allocates. Guarded by one lock; continuations go to the thread pool.
/// </summary>
internal sealed class MemoryPipe(int capacityBytes)
{
    private readonly Lock _lock = new();
    private readonly byte[] _ring = new byte[capacityBytes];
    private readonly Waiter _reader = new();
    private readonly Waiter _writer = new();
    private Memory<byte> _wanted;
    private ReadOnlyMemory<byte> _offered;
    private int _head;
    private int _count;
    private bool _isEnded;
    private bool _isBroken;

    /// <summary>Bytes in the buffer.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <summary>The writer waits for room.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
                return _writer.IsWaiting;
        }
    }

    /// <summary>Reads what is there; 0 at the end, and for an empty buffer as soon as there is something.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        lock (_lock)
        {
            if (_isBroken)
                return ValueTask.FromException<int>(Broken());
            if (_count == 0 && !_isEnded)
            {
                _wanted = buffer;
                return _reader.Wait();
            }
            int read = Take(buffer.Span);
            Refill();
            return ValueTask.FromResult(read);
        }
    }

    /// <summary>Writes everything; completes when all of it is in the buffer.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
        {
            if (_isBroken || _isEnded)
                return ValueTask.FromException(Broken());
            int written = Put(bytes.Span);
            ServeReader();
            // The reader may have made room at once.
            written += Put(bytes.Span[written..]);
            if (written == bytes.Length)
                return ValueTask.CompletedTask;
            _offered = bytes[written..];
            return _writer.WaitForNothing();
        }
    }

    /// <summary>Nothing more will be written: the reader gets what is there, then the end.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isEnded = true;
            ServeReader();
        }
    }

    /// <summary>
    /// The writer gives up: what it could not write is lost, the reader gets what is there, then the end.
    /// </summary>
    public void Abort()
    {
        lock (_lock)
        {
            _isEnded = true;
            _writer.Fail(Broken());
            ServeReader();
        }
    }

    /// <summary>As if a cable was cut: what is in the buffer is lost, both sides fail.</summary>
    public void Break()
    {
        lock (_lock)
        {
            _isBroken = true;
            _count = 0;
            _reader.Fail(Broken());
            _writer.Fail(Broken());
        }
    }

    private static IOException Broken() => new("The pipe is broken.");

    private void ServeReader()
    {
        if (!_reader.IsWaiting || (_count == 0 && !_isEnded))
            return;
        int read = Take(_wanted.Span);
        _wanted = default;
        Refill();
        _reader.Complete(read);
    }

    private void Refill()
    {
        if (!_writer.IsWaiting)
            return;
        _offered = _offered[Put(_offered.Span)..];
        if (!_offered.IsEmpty)
            return;
        _offered = default;
        _writer.Complete(0);
    }

    private int Put(ReadOnlySpan<byte> bytes)
    {
        int size = Math.Min(bytes.Length, _ring.Length - _count);
        int at = (_head + _count) % _ring.Length;
        int first = Math.Min(size, _ring.Length - at);
        bytes[..first].CopyTo(_ring.AsSpan(at));
        bytes[first..size].CopyTo(_ring);
        _count += size;
        return size;
    }

    private int Take(Span<byte> output)
    {
        int size = Math.Min(output.Length, _count);
        int first = Math.Min(size, _ring.Length - _head);
        _ring.AsSpan(_head, first).CopyTo(output);
        _ring.AsSpan(0, size - first).CopyTo(output[first..]);
        _head = (_head + size) % _ring.Length;
        _count -= size;
        return size;
    }

    private sealed class Waiter : IValueTaskSource<int>, IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<int> _core = new() { RunContinuationsAsynchronously = true };

        public bool IsWaiting { get; private set; }

        public ValueTask<int> Wait()
        {
            Begin();
            return new ValueTask<int>(this, _core.Version);
        }

        public ValueTask WaitForNothing()
        {
            Begin();
            return new ValueTask(this, _core.Version);
        }

        public void Complete(int result)
        {
            IsWaiting = false;
            _core.SetResult(result);
        }

        public void Fail(Exception error)
        {
            if (!IsWaiting)
                return;
            IsWaiting = false;
            _core.SetException(error);
        }

        int IValueTaskSource<int>.GetResult(short token) => _core.GetResult(token);

        void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);

        private void Begin()
        {
            if (IsWaiting)
                throw new InvalidOperationException("Two waits at once on one side of a pipe.");
            _core.Reset();
            IsWaiting = true;
        }
    }
}
