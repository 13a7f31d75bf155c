using System.Collections.Concurrent;
using Warren.Cluster.Turns;
using Xunit;

namespace Warren.Cluster.Tests.Turns;

/// <summary>One thread for what comes again and again: together, and what it leads to behind it.</summary>
public sealed class TickThreadTests : IDisposable
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _elsewhere = new();
    private readonly TickThread _ticks;

    public TickThreadTests() => _ticks = new TickThread(_elsewhere.Enqueue);

    public void Dispose() => _ticks.Dispose();

    [Fact]
    public async Task What_ticks_schedule_runs_once_behind_all_of_the_moment_on_the_same_thread()
    {
        var done = new ConcurrentQueue<(string What, int Thread)>();
        var write = new Work(() => done.Enqueue(("write", Environment.CurrentManagedThreadId)));
        await using ITimer first = Every(Often, () =>
        {
            done.Enqueue(("first", Environment.CurrentManagedThreadId));
            _ticks.Schedule(write);
        });
        await using ITimer second = Every(Often, () =>
            done.Enqueue(("second", Environment.CurrentManagedThreadId)));
        await Until(() => done.Count(one => one.What == "second") > 3);
        (string What, int Thread)[] all = [.. done];
        Assert.Single(all.Select(one => one.Thread).Distinct());
        // The first may have fired before the second was there.
        string order = string.Join(' ', all.Select(one => one.What)).Replace("first write first", "first");
        Assert.Contains("first second write first second write", order);
        Assert.Empty(_elsewhere);
    }

    [Fact]
    public async Task What_others_schedule_and_what_goes_on_behind_runs_elsewhere()
    {
        var never = new Work(() => { });
        var behind = new Work(() => _ticks.Schedule(never));
        _ticks.Schedule(never);
        Assert.True(_elsewhere.TryDequeue(out _));
        await using ITimer timer = Every(Often, () => _ticks.Schedule(behind));
        await Until(() => !_elsewhere.IsEmpty);
        Assert.All(_elsewhere, work => Assert.Same(never, work));
    }

    [Fact]
    public async Task Callbacks_that_may_wait_run_elsewhere()
    {
        int fired = 0;
        await using ITimer timer = _ticks.Elsewhere.CreateTimer(_ => fired++, null, Often, Often);
        await Until(() => !_elsewhere.IsEmpty);
        Assert.Equal(0, fired);
        Assert.True(_elsewhere.TryDequeue(out IThreadPoolWorkItem? work));
        work.Execute();
        Assert.Equal(1, fired);
    }

    [Fact]
    public async Task A_timer_fires_at_once_when_it_is_told_to_and_once_without_a_period()
    {
        int fired = 0;
        await using ITimer timer = _ticks.CreateTimer(
            _ => Interlocked.Increment(ref fired), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        int others = 0;
        await using ITimer other = Every(Often, () => Interlocked.Increment(ref others));
        await Until(() => Volatile.Read(ref others) > 2);
        Assert.Equal(0, Volatile.Read(ref fired));
        Assert.True(timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        await Until(() => Volatile.Read(ref fired) > 0);
        int until = Volatile.Read(ref others) + 2;
        await Until(() => Volatile.Read(ref others) > until);
        Assert.Equal(1, Volatile.Read(ref fired));
    }

    [Fact]
    public async Task Who_disposes_of_a_timer_knows_that_its_callback_has_ended()
    {
        using var isIn = new SemaphoreSlim(0);
        using var goesOn = new SemaphoreSlim(0);
        bool hasEnded = false;
        ITimer timer = Every(Often, () =>
        {
            isIn.Release();
            goesOn.Wait();
            Volatile.Write(ref hasEnded, true);
        });
        await isIn.WaitAsync(TestContext.Current.CancellationToken);
        // A timer is not one of the thread's any more from here on.
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.Zero, Often));
        Task disposing = Task.Run(async () =>
        {
            await timer.DisposeAsync();
            Assert.True(Volatile.Read(ref hasEnded));
        }, TestContext.Current.CancellationToken);
        goesOn.Release();
        await disposing;
        Assert.Equal(0, isIn.CurrentCount);
    }

    private static async Task Until(Func<bool> isReached)
    {
        while (!isReached())
            await Task.Delay(1, TestContext.Current.CancellationToken);
    }

    private ITimer Every(TimeSpan period, Action act) => _ticks.CreateTimer(_ => act(), null, period, period);

    private sealed class Work(Action act) : IThreadPoolWorkItem
    {
        public void Execute() => act();
    }
}
