using System.Collections.Immutable;
using Warren.Server.Configuration;
using Warren.Server.Listeners;

namespace Warren.Server;

/// <summary>
/// Where a node serves clients: what an operator has suspended, what is closed for a pause, what is open. One lock for
/// all of it. Invariants: once halted or closed, nothing opens any more; what was opened again is waiting nowhere.
/// </summary>
/// <param name="listen">Binds one; throws <see cref="ConfigurationException"/> if it cannot.</param>
internal sealed class NodeListeners(Func<ListenerOptions, AmqpListener> listen)
{
    private readonly Lock _lock = new();
    private ImmutableArray<AmqpListener> _open = [];
    private ImmutableArray<ListenerOptions> _suspended = [];
    private ImmutableArray<ListenerOptions> _paused = [];
    private ImmutableArray<Task> _accepting = [];
    private bool _isSuspended;
    private bool _isPaused;
    private bool _isHalted;
    private bool _isClosed;

    public ImmutableArray<AmqpListener> Open => _open;

    /// <summary>It serves nobody until the node is started again.</summary>
    public bool IsHalted => Volatile.Read(ref _isHalted);

    /// <summary>An operator has suspended it: whatever else is so, it takes no new clients.</summary>
    public bool IsSuspended => Volatile.Read(ref _isSuspended);

    /// <summary>The first time: all of these, or none; suspended before, when that ends.</summary>
    /// <returns>False: it was halted or closed before.</returns>
    /// <exception cref="ConfigurationException">One cannot be opened.</exception>
    public bool TryBegin(ImmutableArray<ListenerOptions> all)
    {
        lock (_lock)
        {
            if (_isHalted || _isClosed)
                return false;
            if (_isSuspended)
            {
                _suspended = all;
                return true;
            }
            var bound = new List<AmqpListener>();
            try
            {
                foreach (ListenerOptions one in all)
                    bound.Add(listen(one));
            }
            catch
            {
                bound.ForEach(static listener => listener.Dispose());
                throw;
            }
            Add([.. bound]);
            return true;
        }
    }

    /// <summary>These are bound already: they accept from now on.</summary>
    public void Begin(ImmutableArray<AmqpListener> bound)
    {
        lock (_lock)
            Add(bound);
    }

    /// <summary>By an operator: takes no new clients, also behind the end of a pause.</summary>
    public void Suspend()
    {
        lock (_lock)
        {
            Volatile.Write(ref _isSuspended, true);
            _suspended = [.. _suspended, .. Shut(), .. _paused];
            _paused = [];
        }
    }

    /// <summary>The end of <see cref="Suspend"/>; within a pause they open with the others when it is over.</summary>
    /// <exception cref="ConfigurationException">Somebody else has a port; the rest can be tried again.</exception>
    public void Resume()
    {
        lock (_lock)
        {
            if (_isPaused)
            {
                _paused = _paused.AddRange(_suspended);
                _suspended = [];
            }
            else
            {
                Reopen(ref _suspended);
            }
            Volatile.Write(ref _isSuspended, false);
        }
    }

    /// <summary>Takes no new clients for a while.</summary>
    public void Pause()
    {
        lock (_lock)
        {
            _isPaused = true;
            _paused = _paused.AddRange(Shut());
        }
    }

    /// <summary>The end of the pause; what an operator has suspended stays so.</summary>
    /// <returns>False: it was halted or closed meanwhile, and none opens.</returns>
    /// <exception cref="ConfigurationException">Somebody else has a port; the rest can be tried again.</exception>
    public bool EndPause()
    {
        lock (_lock)
        {
            Reopen(ref _paused);
            if (_isHalted || _isClosed)
                return false;
            _isPaused = false;
            return true;
        }
    }

    /// <summary>Takes no new clients ever again; whatever would open is left closed.</summary>
    public void Halt()
    {
        lock (_lock)
        {
            Volatile.Write(ref _isHalted, true);
            Shut();
        }
    }

    /// <summary>The node stops; ends when none accepts any more.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            Shut();
            return Task.WhenAll(_accepting);
        }
    }

    // Where they can be opened again.
    private ImmutableArray<ListenerOptions> Shut()
    {
        ImmutableArray<AmqpListener> shut = _open;
        foreach (AmqpListener listener in shut)
            listener.Dispose();
        _open = [];
        return [.. shut.Select(static listener => listener.Again)];
    }

    // Each is gone from where it waits as soon as it is open: one that fails must not have the others bound twice.
    private void Reopen(ref ImmutableArray<ListenerOptions> waiting)
    {
        while (!_isHalted && !_isClosed && waiting is [var next, .. var rest])
        {
            AmqpListener listener = listen(next);
            waiting = rest;
            Add([listener]);
        }
    }

    private void Add(ImmutableArray<AmqpListener> bound)
    {
        _open = _open.AddRange(bound);
        _accepting = _accepting.AddRange(bound.Select(static listener => listener.RunAsync()));
    }
}
