namespace Warren.Cluster.Links;

/// <summary>A connection with another node from its first byte to its end, whichever side began it.</summary>
internal sealed class LinkAttempt(string? remoteHost = null) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new();
    private readonly CancellationTokenSource _givenUp = new();
    private Stream? _stream;
    private PeerLink? _link;
    private bool _isAbandoned;
    private volatile bool _isKnown;

    /// <summary>Where it came from; null: this node dials.</summary>
    public string? RemoteHost { get; } = remoteHost;

    /// <summary>Completes when all is over and the owner has heard of it.</summary>
    public Task Ended => _ended.Task;

    public Stream Stream => _stream!;

    /// <summary>Cancelled when the attempt is given up.</summary>
    public CancellationToken GivenUp => _givenUp.Token;

    /// <summary>The link, from the moment on that the owner hears of it.</summary>
    public PeerLink? Link
    {
        get => Volatile.Read(ref _link);
        set => Volatile.Write(ref _link, value);
    }

    /// <summary>Another's, and not through the handshake yet.</summary>
    public bool IsStranger => RemoteHost is not null && !_isKnown;

    /// <summary>Has come through the handshake.</summary>
    public void NoteKnown() => _isKnown = true;

    /// <summary>What is closed when the attempt is given up.</summary>
    public void Attach(Stream stream)
    {
        lock (_lock)
        {
            _stream = stream;
            if (!_isAbandoned)
                return;
        }
        stream.Dispose();
    }

    /// <summary>Whoever waits for the stream waits no longer.</summary>
    public void Abandon()
    {
        Stream? stream;
        lock (_lock)
        {
            if (_isAbandoned)
                return;
            _isAbandoned = true;
            stream = _stream;
        }
        _givenUp.Cancel();
        stream?.Dispose();
    }

    public void Close(string reason)
    {
        if (Link is { } link)
            link.Close(reason);
        else
            Abandon();
    }

    public void NoteEnded() => _ended.TrySetResult();

    /// <summary>After it was given up.</summary>
    public void Dispose() => _givenUp.Dispose();
}
