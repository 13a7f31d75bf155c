using System.Threading.Tasks.Sources;
using Warren.Wire;

namespace Warren.Fuzz.Connections;

/// <summary>
/// The server's end of a connection whose client is a script. One thread; whoever waits goes on as a turn of its own,
/// as with a socket.
/// </summary>
public sealed class SimulatedStream(SimulatedTurns turns) : AsyncOnlyStream
{
    // What the socket buffers of a client that does not read would hold.
    private const int CapacityBytes = 64 * 1024;

    private readonly Waiter _reader = new(turns);
    private readonly Waiter _writer = new(turns);
    private readonly List<byte> _output = [];
    private byte[] _input = new byte[4096];
    private int _taken;
    private int _given;
    private Memory<byte> _wanted;
    private ReadOnlyMemory<byte> _offered;
    private bool _isEnded;
    private bool _isBroken;
    private bool _isRead = true;

    /// <summary>Whether the client reads; while it does not, the server's writes wait.</summary>
    public bool IsRead
    {
        get => _isRead;
        set
        {
            _isRead = value;
            if (value && _writer.IsWaiting)
                TakeOffered();
        }
    }

    /// <summary>The server has closed it, or it was cut.</summary>
    public bool IsBroken => _isBroken;

    /// <summary>Gives the server bytes.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (_isEnded || _isBroken)
            return;
        var waiting = _input.AsSpan(_taken, _given - _taken);
        var input = waiting.Length + bytes.Length > _input.Length
            ? new byte[Math.Max(waiting.Length + bytes.Length, _input.Length * 2)]
            : _input;
        waiting.CopyTo(input);
        bytes.CopyTo(input.AsSpan(waiting.Length));
        (_input, _taken, _given) = (input, 0, waiting.Length + bytes.Length);
        ServeReader();
    }

    /// <summary>Takes what the server has written and the client reads.</summary>
    public byte[] TakeOutput()
    {
        if (!_isRead || _output.Count == 0)
            return [];
        byte[] output = [.. _output];
        _output.Clear();
        return output;
    }

    /// <summary>The client sends no more.</summary>
    public void End()
    {
        _isEnded = true;
        ServeReader();
    }

    /// <summary>The connection is lost: what is on its way, too.</summary>
    public void Cut()
    {
        _isBroken = true;
        _reader.Fail();
        _writer.Fail();
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isBroken)
            return ValueTask.FromException<int>(new IOException("The stream is broken."));
        if (_taken < _given || _isEnded)
            return ValueTask.FromResult(Take(buffer.Span));
        _wanted = buffer;
        return new ValueTask<int>(_reader, _reader.Begin());
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isBroken)
            return ValueTask.FromException(new IOException("The stream is broken."));
        if (!_isRead && _output.Count + buffer.Length > CapacityBytes)
        {
            _offered = buffer;
            return new ValueTask(_writer, _writer.Begin());
        }

        _output.AddRange(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>The server closes it: what it has written is still there to be read.</summary>
    protected override void Dispose(bool disposing)
    {
        Cut();
        base.Dispose(disposing);
    }

    private void ServeReader()
    {
        if (_reader.IsWaiting)
            _reader.Complete(Take(_wanted.Span));
    }

    private int Take(Span<byte> output)
    {
        var size = Math.Min(output.Length, _given - _taken);
        _input.AsSpan(_taken, size).CopyTo(output);
        _taken += size;
        return size;
    }

    private void TakeOffered()
    {
        _output.AddRange(_offered.Span);
        _offered = default;
        _writer.Complete(0);
    }

    private sealed class Waiter(SimulatedTurns turns) : IValueTaskSource<int>, IValueTaskSource, IThreadPoolWorkItem
    {
        private ManualResetValueTaskSourceCore<int> _core;
        private int _result;

        public bool IsWaiting { get; private set; }

        public short Begin()
        {
            FuzzException.Unless(!IsWaiting, "two reads or two writes at once on one stream");
            _core.Reset();
            IsWaiting = true;
            return _core.Version;
        }

        public void Complete(int result)
        {
            IsWaiting = false;
            _result = result;
            turns.Schedule(this);
        }

        public void Fail()
        {
            if (IsWaiting)
                Complete(-1);
        }

        void IThreadPoolWorkItem.Execute()
        {
            if (_result < 0)
                _core.SetException(new IOException("The stream is broken."));
            else
                _core.SetResult(_result);
        }

        int IValueTaskSource<int>.GetResult(short token) => _core.GetResult(token);

        void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
