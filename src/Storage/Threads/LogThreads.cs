using Warren.Storage.Disk;

namespace Warren.Storage.Threads;

/// <summary>
/// The two threads that run a node log. The committer writes and syncs a round after the other and sleeps while there
/// is none. The background thread makes checkpoints and reclaims; the committer wakes it when that has become due.
/// Threads of their own, because both spend their time in calls that block, and everybody waits for the committer.
/// Invariants: nobody else commits or makes checkpoints between <see cref="Start"/> and <see cref="Stop"/>; the disk's
/// refusals in the background cost time and never the node.
/// </summary>
public sealed class LogThreads : IDisposable
{
    /// <summary>How soon a round that found no space is tried again.</summary>
    public static readonly TimeSpan SpaceRetry = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Between two runs of the background thread: owners take note of copies in their turns and wake nobody for it, so
    /// it looks again, but not all the time. What is dead stays for so long, and the log grows by some 5 MB meanwhile.
    /// </summary>
    public static readonly TimeSpan BackgroundPause = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Between two runs that are only due because space is scarce: each reads all that the last checkpoint holds.
    /// </summary>
    public static readonly TimeSpan ScarcePause = TimeSpan.FromSeconds(5);

    /// <summary>After the first refusal of the disk in the background; each further one doubles it.</summary>
    public static readonly TimeSpan ShortestBackOff = TimeSpan.FromSeconds(1);

    /// <summary>A disk that refuses for long is not asked less often than this.</summary>
    public static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(1);

    private readonly NodeLogOptions _options;
    private readonly IStorageWatcher _watcher;
    private readonly Action<DiskException, TimeSpan> _postponed;
    private readonly WakeSignal _wake;
    private readonly WakeSignal _due;
    private readonly WakeSignal _pause;
    private readonly RoundClock _round;
    private readonly Thread _committer;
    private readonly Thread _backgroundThread;
    private NodeLog? _log;
    private StorageBackground? _background;
    private volatile bool _isCommitterStopping;
    private volatile bool _isBackgroundStopping;
    private volatile bool _isOutOfSpace;
    private volatile bool _isScarce;

    /// <param name="options">Those of the log.</param>
    /// <param name="watcher">That of the log.</param>
    /// <param name="time">The clock of retries and pauses.</param>
    /// <param name="postponed">
    /// Told what the disk refused in the background, and after which time that is tried again. On that thread.
    /// </param>
    public LogThreads(
        NodeLogOptions options, IStorageWatcher watcher, TimeProvider time, Action<DiskException, TimeSpan> postponed)
    {
        _options = options;
        _watcher = watcher;
        _postponed = postponed;
        _wake = new WakeSignal(time);
        _due = new WakeSignal(time);
        _pause = new WakeSignal(time);
        _round = new RoundClock(time);
        _committer = new Thread(Commit) { IsBackground = true, Name = "log-committer" };
        _backgroundThread = new Thread(RunBackground) { IsBackground = true, Name = "log-background" };
    }

    /// <summary>
    /// There is something to commit: the <c>wake</c> of <see cref="StorageDirectory.Open"/>. Cheap, calls nobody, and
    /// may come before <see cref="Start"/>.
    /// </summary>
    public void Wake() => _wake.Set();

    /// <summary>
    /// Space is scarce, or is not any more: while it is, what the log has dead is given back soon, not only when the
    /// log has grown. From any thread, also before <see cref="Start"/>.
    /// </summary>
    public void SetScarce(bool isScarce)
    {
        _isScarce = isScarce;
        if (isScarce)
            _due.Set();
    }

    /// <summary>
    /// How long the round that is being written and synced, or finds no space, has been so; zero: there is none. Any
    /// thread, also while the disk does nothing.
    /// </summary>
    public TimeSpan RoundAge => _round.Age;

    /// <summary>Takes over the log that was opened with this object's <see cref="Wake"/>. Once.</summary>
    public void Start(NodeLog log)
    {
        _log = log;
        _background = new StorageBackground(log, _options, _watcher);
        _committer.Start();
        _backgroundThread.Start();
    }

    /// <summary>
    /// Makes durable what has been appended and makes a checkpoint, so that the next start is quick. Returns when both
    /// threads have ended. What is appended meanwhile by turns that are still at it may be left out: nobody is told
    /// that it is durable. Files stay open for them, since who cannot read takes that for damage; they go with the
    /// process.
    /// </summary>
    /// <returns>What could not be done, in a sentence; null: all of it was.</returns>
    public string? Stop()
    {
        if (_log is null)
            return null;
        // The committer last: a change of the roster that reclaim has appended must become durable.
        _isBackgroundStopping = true;
        _due.Set();
        _pause.Set();
        _backgroundThread.Join();
        _isCommitterStopping = true;
        _wake.Set();
        _committer.Join();
        return Finish(_log);
    }

    private bool HasWork => _background!.HasWork || ((_isScarce || _isOutOfSpace) && _background.CanGiveBack);

    public void Dispose()
    {
        _wake.Dispose();
        _due.Dispose();
        _pause.Dispose();
    }

    private string? Finish(NodeLog log)
    {
        CommitOutcome outcome = log.CommitRound();
        if (outcome is CommitOutcome.Failed)
            return "the log has failed; the next start finds what was durable before";
        if (outcome is CommitOutcome.OutOfSpace)
            return $"{log.PendingBytes} bytes were not written, for there is no space; nobody was told that they were";
        try
        {
            _background!.MakeCheckpoint(reclaims: false);
            return null;
        }
        catch (DiskException error)
        {
            return $"no checkpoint was made, so that the next start takes longer: {error.Message}";
        }
    }

    private void Commit()
    {
        BatchThread.Enter();
        while (true)
        {
            _round.Begin();
            CommitOutcome outcome = _log!.CommitRound();
            if (outcome != CommitOutcome.OutOfSpace)
                _round.End();
            switch (outcome)
            {
                case CommitOutcome.Committed:
                    _isOutOfSpace = _log.Space.IsShort;
                    if (HasWork)
                        _due.Set();
                    break;
                case CommitOutcome.Idle:
                    _isOutOfSpace = _log.Space.IsShort;
                    if (_isCommitterStopping)
                        return;
                    if (_isOutOfSpace)
                    {
                        _due.Set();
                        _wake.Wait(SpaceRetry);
                    }
                    else
                        _wake.Wait();
                    break;
                case CommitOutcome.OutOfSpace:
                    _isOutOfSpace = true;
                    _due.Set();
                    if (_isCommitterStopping)
                        return;
                    _wake.Wait(SpaceRetry);
                    break;
                default:
                    return;
            }
        }
    }

    private void RunBackground()
    {
        BatchThread.Enter();
        TimeSpan backOff = ShortestBackOff;
        while (!_isBackgroundStopping)
        {
            if (!HasWork)
            {
                _due.Wait();
                continue;
            }
            TimeSpan pause = _background!.HasWork ? BackgroundPause : ScarcePause;
            try
            {
                _background.RunOnce(_isScarce || _isOutOfSpace);
                backOff = ShortestBackOff;
                if (_isOutOfSpace)
                    _wake.Set();
            }
            catch (DiskException error)
            {
                pause = backOff;
                backOff = backOff * 2 < LongestBackOff ? backOff * 2 : LongestBackOff;
                _postponed(error, pause);
            }
            catch (StorageFailedException)
            {
                // The committer has told the node, which ends.
                return;
            }
            _pause.Wait(pause);
        }
    }
}
