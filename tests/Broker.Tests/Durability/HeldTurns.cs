using Warren.Broker.Durability;
using Warren.Broker.Turns;

namespace Warren.Broker.Tests.Durability;

/// <summary>The thread pool, but the reader of messages may be made to wait: reads stay under way.</summary>
internal sealed class HeldTurns : ITurnScheduler
{
    private readonly Lock _lock = new();
    private IThreadPoolWorkItem? _reader;
    private bool _holds;

    /// <summary>The reader has something to read.</summary>
    public bool IsReaderWaiting
    {
        get
        {
            lock (_lock)
                return _reader is not null;
        }
    }

    public void HoldReader()
    {
        lock (_lock)
            _holds = true;
    }

    public void ReleaseReader()
    {
        IThreadPoolWorkItem? reader;
        lock (_lock)
        {
            _holds = false;
            reader = _reader;
            _reader = null;
        }
        if (reader is not null)
            Schedule(reader);
    }

    public void Schedule(IThreadPoolWorkItem turn)
    {
        lock (_lock)
        {
            if (_holds && turn is MessageReader)
            {
                _reader = turn;
                return;
            }
        }
        ThreadPoolTurns.Instance.Schedule(turn);
    }

    public void ScheduleNext(IThreadPoolWorkItem loop) => ThreadPoolTurns.Instance.ScheduleNext(loop);
}
