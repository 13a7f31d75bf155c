namespace Warren.Cluster.Turns;

/// <summary>
/// One thread for what a node does several times a second, however idle it is: each wake-up of a pool's thread costs
/// some 100 us, of which it looks for more work most of the time. Timers of one period fire together, at multiples of
/// it; what their callbacks schedule runs behind all of them, here as well, so that whatever a moment has for one link
/// is one write. Callbacks must not wait, and what they schedule must not either.
/// <para>The lock guards the timers; nothing is called under it.</para>
/// </summary>
public sealed class TickThread : TimeProvider, IDisposable
{
    private readonly object _gate = new();
    private readonly List<Ticker> _tickers = [];
    private readonly Action<IThreadPoolWorkItem> _otherwise;
    private readonly Thread _thread;
    private readonly long _begun = System.GetTimestamp();

    // Of the thread alone.
    private readonly List<Ticker> _due = [];
    private readonly List<IThreadPoolWorkItem> _behind = [];
    private bool _isTicking;

    private Ticker? _running;
    private bool _hasEnded;

    /// <param name="otherwise">Runs what is scheduled by anybody else.</param>
    public TickThread(Action<IThreadPoolWorkItem> otherwise)
    {
        _otherwise = otherwise;
        Elsewhere = new OtherThreads(this);
        _thread = new Thread(Run) { IsBackground = true, Name = "ticks" };
        _thread.Start();
    }

    /// <summary>
    /// As this, for callbacks that may wait: they run where everything else does, at the same moments.
    /// </summary>
    public TimeProvider Elsewhere { get; }

    private TimeSpan Now => System.GetElapsedTime(_begun);

    /// <summary>Runs it once: behind the callbacks of this moment if one of them wants it, else elsewhere.</summary>
    public void Schedule(IThreadPoolWorkItem work)
    {
        if (Thread.CurrentThread == _thread && _isTicking)
            _behind.Add(work);
        else
            _otherwise(work);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The first callback comes within a period after <paramref name="dueTime"/>; those that were missed are left out.
    /// </remarks>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        Add(new Ticker(this, callback, state), dueTime, period);

    private Ticker Add(Ticker ticker, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
            _tickers.Add(ticker);
        ticker.Change(dueTime, period);
        return ticker;
    }

    /// <summary>Ends the thread behind what it is at; nothing fires any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _hasEnded = true;
            _tickers.Clear();
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        while (AwaitDue())
        {
            _isTicking = true;
            foreach (Ticker ticker in _due)
                Tick(ticker);
            _isTicking = false;
            // A loop that goes on after its share does so elsewhere.
            foreach (IThreadPoolWorkItem work in _behind)
                work.Execute();
            _behind.Clear();
        }
    }

    private void Tick(Ticker ticker)
    {
        lock (_gate)
        {
            if (!_tickers.Contains(ticker))
                return;
            _running = ticker;
        }
        ticker.Fire();
        lock (_gate)
        {
            _running = null;
            Monitor.PulseAll(_gate);
        }
    }

    // False: it is over.
    private bool AwaitDue()
    {
        _due.Clear();
        lock (_gate)
        {
            while (!_hasEnded)
            {
                TimeSpan now = Now;
                TimeSpan next = TimeSpan.MaxValue;
                foreach (Ticker ticker in _tickers)
                {
                    if (ticker.DueAt <= now)
                    {
                        ticker.DueAt = ticker.After(now);
                        _due.Add(ticker);
                    }
                    next = ticker.DueAt < next ? ticker.DueAt : next;
                }
                if (_due.Count > 0)
                    return true;
                if (next == TimeSpan.MaxValue)
                    Monitor.Wait(_gate);
                else
                    Monitor.Wait(_gate, (int)Math.Min(Math.Ceiling((next - now).TotalMilliseconds), int.MaxValue));
            }
        }
        return false;
    }

    private void Remove(Ticker ticker)
    {
        lock (_gate)
            _tickers.Remove(ticker);
    }

    private void AwaitEnd(Ticker ticker)
    {
        lock (_gate)
        {
            while (_running == ticker && Thread.CurrentThread != _thread)
                Monitor.Wait(_gate);
        }
    }

    private sealed class OtherThreads(TickThread owner) : TimeProvider
    {
        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            owner.Add(new Ticker(owner, callback, state) { IsElsewhere = true }, dueTime, period);
    }

    private sealed class Ticker(TickThread owner, TimerCallback callback, object? state)
        : ITimer, IThreadPoolWorkItem
    {
        private TimeSpan _period;

        public bool IsElsewhere { get; init; }

        /// <summary>On the thread's clock; under its lock.</summary>
        public TimeSpan DueAt { get; set; } = TimeSpan.MaxValue;

        public void Fire()
        {
            if (IsElsewhere)
                owner._otherwise(this);
            else
                callback(state);
        }

        void IThreadPoolWorkItem.Execute() => callback(state);

        /// <summary>When it fires next.</summary>
        public TimeSpan After(TimeSpan now) => _period <= TimeSpan.Zero
            ? TimeSpan.MaxValue
            : new TimeSpan(((now.Ticks / _period.Ticks) + 1) * _period.Ticks);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                _period = period;
                TimeSpan now = owner.Now;
                DueAt = dueTime < TimeSpan.Zero ? TimeSpan.MaxValue
                    : dueTime == TimeSpan.Zero || period <= TimeSpan.Zero ? now + dueTime
                    : After(now + dueTime);
                Monitor.PulseAll(owner._gate);
                return owner._tickers.Contains(this);
            }
        }

        public void Dispose() => owner.Remove(this);

        public ValueTask DisposeAsync()
        {
            owner.Remove(this);
            // Callbacks do not wait, so this does not for long.
            owner.AwaitEnd(this);
            return ValueTask.CompletedTask;
        }
    }
}
