using Warren.Storage.Threads;
using Xunit;

namespace Warren.Storage.Tests.Threads;

public sealed class ThreadSignalTests
{
    private const int Rounds = 20_000;

    [Fact]
    public void Raised_before_it_is_waited_for_nobody_waits()
    {
        var signal = new ThreadSignal();
        signal.Raise();
        signal.Raise();
        signal.Wait();
    }

    [Fact]
    public void No_wish_is_lost_between_two_threads()
    {
        var there = new ThreadSignal();
        var back = new ThreadSignal();
        int answered = 0;
        var other = new Thread(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                there.Wait();
                answered++;
                back.Raise();
            }
        });
        other.Start();
        for (int round = 0; round < Rounds; round++)
        {
            there.Raise();
            back.Wait();
            // Kept once: a wish that is taken is not there any more.
            Assert.Equal(round + 1, answered);
        }
        other.Join();
    }

    [Fact]
    public void Of_many_who_raise_it_at_once_the_last_is_heard()
    {
        var signal = new ThreadSignal();
        int raised = 0;
        Thread[] threads =
        [
            .. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    Interlocked.Increment(ref raised);
                    signal.Raise();
                }
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        while (Volatile.Read(ref raised) < 4 * Rounds)
            signal.Wait();
        Array.ForEach(threads, thread => thread.Join());
    }
}
