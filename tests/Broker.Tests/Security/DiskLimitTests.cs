using Warren.Broker.Alarms;
using Xunit;

namespace Warren.Broker.Tests.Security;

public class DiskLimitTests
{
    [Fact]
    public void The_limit_is_RabbitMQs_unless_told_otherwise()
    {
        Assert.Equal(50_000_000, DiskLimit.From(new BrokerOptions(), 1000).LimitBytes);
        Assert.Equal(70, DiskLimit.From(new BrokerOptions { DiskFreeLimitBytes = 70 }, 1000).LimitBytes);
    }

    [Fact]
    public void A_share_of_memory_goes_before_an_amount()
    {
        Assert.Equal(
            1500, DiskLimit.From(new BrokerOptions { DiskFreeLimit = 1.5, DiskFreeLimitBytes = 7 }, 1000).LimitBytes);
        Assert.Equal(
            3000, DiskLimit.From(new BrokerOptions { DiskFreeLimit = 1.5, TotalMemoryBytes = 2000 }, 1000).LimitBytes);
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(399, true)]
    public void It_is_undercut_below_and_not_at_the_limit(long freeBytes, bool expected) =>
        Assert.Equal(expected, new DiskLimit(400).IsUndercutBy(freeBytes));
}
