namespace Warren.Load;

/// <summary>
/// One thread that runs the turns of many connections, woken by epoll. A turn does what its socket allows and says
/// when it wants the next one; a connection that wants one at once does not keep the others from theirs.
/// </summary>
internal sealed class EventLoop
{
    // Also how soon a loop notices that the run's phase has changed.
    private const long LongestWait = 10 * Clock.Millisecond;
    private const int EventsAtOnce = 512;

    private readonly List<Endpoint> _endpoints = [];
    private readonly RunControl _control;
    private readonly Thread _thread;
    private readonly byte[] _events = Native.EventBuffer(EventsAtOnce);
    private readonly bool _precise;
    private int _epoll;
    private bool[] _queued = [];
    private int[] _due = [];
    private int[] _next = [];
    private int _dueCount;

    internal EventLoop(RunControl control, string name, bool precise)
    {
        _control = control;
        _precise = precise;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    internal void Add(Endpoint endpoint) => _endpoints.Add(endpoint);

    internal void Start() => _thread.Start();

    internal void Join() => _thread.Join();

    private void Run()
    {
        try
        {
            if (_precise)
                Native.UsePreciseTimers();
            _epoll = Native.CreateEpoll();
            for (int i = 0; i < _endpoints.Count; i++)
            {
                uint events = Native.EpollIn | Native.EpollOut | Native.EpollEdge;
                Native.Watch(_epoll, _endpoints[i].Session.Link.Descriptor, i, events);
            }

            _queued = new bool[_endpoints.Count];
            _due = new int[_endpoints.Count];
            _next = new int[_endpoints.Count];
            while (_control.Phase < RunControl.Ended)
                RunTurns();
        }
        catch (Exception failure) when (failure is IOException or OverflowException)
        {
            _control.Fail(failure);
        }
        finally
        {
            Native.Close(_epoll);
        }
    }

    private void RunTurns()
    {
        long now = Clock.Now;
        long wakeAt = now + LongestWait;
        int count = _dueCount;
        (_due, _next) = (_next, _due);
        _dueCount = 0;
        for (int i = 0; i < count; i++)
        {
            int index = _next[i];
            _queued[index] = false;
            long again = _endpoints[index].Turn(now);
            if (again == Endpoint.OnlyOnEvent)
                continue;
            Queue(index);
            wakeAt = Math.Min(wakeAt, again);
        }

        if (Collect(wakeAt))
            return;
        // Nothing happened for a while: the phase may have changed, so everybody gets a turn.
        for (int i = 0; i < _endpoints.Count; i++)
            Queue(i);
    }

    // False when the longest wait ended without an event.
    private bool Collect(long wakeAt)
    {
        long wait = wakeAt - Clock.Now;
        int count = 0;
        if (wait <= 0 || wait >= LongestWait / 2)
            count = Native.Collect(_epoll, _events, (int)(Math.Max(0, wait) / Clock.Millisecond));
        else if (Native.Wait(_epoll, Native.PollIn, wait))
            count = Native.Collect(_epoll, _events, 0);
        for (int i = 0; i < count; i++)
        {
            (uint events, int index) = Native.EventAt(_events, i);
            Endpoint endpoint = _endpoints[index];
            endpoint.Readable |= (events & (Native.EpollIn | Native.EpollError | Native.EpollHangUp)) != 0;
            endpoint.Writable |= (events & Native.EpollOut) != 0;
            Queue(index);
        }

        return count > 0 || _dueCount > 0;
    }

    private void Queue(int index)
    {
        if (_queued[index])
            return;
        _queued[index] = true;
        _due[_dueCount++] = index;
    }
}
