using Warren.Broker.Alarms;
using Xunit;

namespace Warren.Broker.Tests.Security;

public class MemoryWatermarkTests
{
    [Fact]
    public void The_limit_is_a_share_of_the_machine_unless_told_otherwise()
    {
        Assert.Equal(400, MemoryWatermark.From(new BrokerOptions(), 1000).LimitBytes);
        Assert.Equal(
            200, MemoryWatermark.From(new BrokerOptions { TotalMemoryBytes = 500 }, 1000).LimitBytes);
        Assert.Equal(
            300, MemoryWatermark.From(new BrokerOptions { MemoryHighWatermarkBytes = 300 }, 1000).LimitBytes);
    }

    [Fact]
    public void The_limit_never_goes_past_what_there_is()
    {
        Assert.Equal(
            1000, MemoryWatermark.From(new BrokerOptions { MemoryHighWatermarkBytes = 5000 }, 1000).LimitBytes);
        Assert.Equal(1000, MemoryWatermark.From(new BrokerOptions { MemoryHighWatermark = 1.5 }, 1000).LimitBytes);
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, true)]
    public void It_is_exceeded_above_and_not_at_the_limit(long usedBytes, bool expected) =>
        Assert.Equal(expected, new MemoryWatermark(400).IsExceededBy(usedBytes));
}
