using Warren.Broker.Arguments;
using Warren.Broker.Queues;
using Xunit;

namespace Warren.Broker.Tests.Arguments;

public class ConsumeArgumentsTests
{
    public static TheoryData<string[]> Consumers => RecordedCases.Read("consumers.txt");

    [Theory]
    [MemberData(nameof(Consumers))]
    public void Consuming_is_answered_as_recorded(string[] line)
    {
        Assert.True(QueueTypes.TryParse(line[1], out QueueType type));
        string outcome = RecordedCases.Outcome(
            () => ConsumeArguments.Validate("/", "c1", type, FieldText.Table(line[2])));
        Assert.Equal(line[3], outcome);
    }

    [Fact]
    public void Settings_are_what_the_arguments_say()
    {
        ConsumerSettings settings = ConsumeArguments.Validate("/", "q", QueueType.Classic, FieldText.Table(
            """{"x-priority": -3, "x-cancel-on-ha-failover": true, "x-consumer-timeout": 1000}"""));

        Assert.Equal(
            new ConsumerSettings { Priority = -3, CancelOnFailover = true, ConsumerTimeoutMs = 1000 }, settings);
    }
}
