using Warren.Broker.Channels;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

public sealed class PublishCreditTests
{
    private int _resumed;

    [Fact]
    public void Below_the_limit_nobody_waits()
    {
        var credit = new PublishCredit(() => _resumed++);
        credit.Take(PublishCredit.LimitBytes - 1);
        Assert.False(credit.MustWait());
        credit.Give(PublishCredit.LimitBytes - 1);
        Assert.Equal(0, _resumed);
    }

    [Fact]
    public void Who_waits_goes_on_at_half_and_is_told_once()
    {
        var credit = new PublishCredit(() => _resumed++);
        credit.Take(PublishCredit.LimitBytes);
        Assert.True(credit.MustWait());
        credit.Give(PublishCredit.LimitBytes / 2);
        Assert.Equal(0, _resumed);
        credit.Give(1);
        credit.Give(1000);
        Assert.Equal(1, _resumed);
        Assert.False(credit.MustWait());
    }

    /// <summary>One thread takes and waits, others give back what it took: it is never left waiting.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_wait_is_forgotten_under_threads(int seed)
    {
        var random = new Random(seed);
        using var goOn = new SemaphoreSlim(0);
        var credit = new PublishCredit(() => goOn.Release());
        var posts = System.Threading.Channels.Channel.CreateUnbounded<int>();
        long outstanding = 0;
        long most = 0;
        Task[] queues = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            await foreach (int size in posts.Reader.ReadAllAsync())
            {
                Interlocked.Add(ref outstanding, -size);
                credit.Give(size);
            }
        }))];
        for (int step = 0; step < 20_000; step++)
        {
            int size = random.Next(1, PublishCredit.LimitBytes / 4);
            credit.Take(size);
            most = Math.Max(most, Interlocked.Add(ref outstanding, size));
            posts.Writer.TryWrite(size);
            if (credit.MustWait())
                Assert.True(await goOn.WaitAsync(Eventually.Patience), $"forgotten at step {step}");
        }
        posts.Writer.Complete();
        await Task.WhenAll(queues);
        Assert.Equal(0, outstanding);
        Assert.InRange(most, PublishCredit.LimitBytes / 2, PublishCredit.LimitBytes * 5 / 4);
        Assert.True(goOn.CurrentCount <= 1, $"resumed {goOn.CurrentCount} times too often");
    }
}
