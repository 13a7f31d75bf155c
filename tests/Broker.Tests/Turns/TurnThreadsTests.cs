using Warren.Broker.Turns;
using Xunit;

namespace Warren.Broker.Tests.Turns;

public sealed class TurnThreadsTests
{
    private const int Rounds = 20_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // The process's own, as nobody ends threads that are made for a test.
    private readonly TurnThreads _turns = TurnThreads.Shared;

    [Fact]
    public void No_turn_is_left_lying_that_came_while_the_last_thread_went_to_sleep()
    {
        // With one thread, each turn that has ended lets another come just then.
        var turns = new TurnThreads(1);
        using var ended = new SemaphoreSlim(0);
        for (int round = 0; round < Rounds; round++)
        {
            turns.Schedule(new Turn(() => ended.Release()));
            Assert.True(ended.Wait(Limit, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void Turns_of_many_posters_run_once_each_and_so_do_those_that_they_schedule()
    {
        int runs = 0;
        using var ended = new CountdownEvent(4 * 2 * Rounds);
        Thread[] posters =
        [
            .. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    _turns.Schedule(new Turn(() =>
                    {
                        _turns.ScheduleNext(new Turn(End));
                        End();
                    }));
                }
            })),
        ];
        void End()
        {
            Interlocked.Increment(ref runs);
            ended.Signal();
        }
        Array.ForEach(posters, poster => poster.Start());
        Assert.True(ended.Wait(Limit, TestContext.Current.CancellationToken));
        Array.ForEach(posters, poster => poster.Join());
        Assert.Equal(4 * 2 * Rounds, runs);
    }

    [Fact]
    public void A_long_turn_does_not_keep_the_next_one_waiting()
    {
        using var mayEnd = new ManualResetEventSlim();
        using var ended = new SemaphoreSlim(0);
        _turns.Schedule(new Turn(() =>
        {
            mayEnd.Wait();
            ended.Release();
        }));
        for (int round = 0; round < 100; round++)
        {
            _turns.Schedule(new Turn(() => ended.Release()));
            Assert.True(ended.Wait(Limit, TestContext.Current.CancellationToken));
        }
        mayEnd.Set();
        Assert.True(ended.Wait(Limit, TestContext.Current.CancellationToken));
    }

    private sealed class Turn(Action run) : IThreadPoolWorkItem
    {
        public void Execute() => run();
    }
}
