using System.Text;
using System.Text.Json;
using Warren.Broker.Arguments;
using Xunit;

namespace Warren.Broker.Tests.Arguments;

public class PublishChecksTests
{
    public static TheoryData<string[]> Publishes => RecordedCases.Read("publishes.txt");

    [Theory]
    [MemberData(nameof(Publishes))]
    public void Publishing_is_answered_as_recorded(string[] line)
    {
        string value = line[2].Trim('\'');
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        string outcome = RecordedCases.Outcome(() =>
        {
            switch (line[1])
            {
                case "expiration":
                    PublishChecks.ParseExpiration(bytes);
                    break;
                case "user_id":
                    PublishChecks.CheckUserId(bytes, "guest"u8, mayImpersonate: false);
                    break;
                case "delivery_mode":
                    PublishChecks.CheckDeliveryMode(byte.Parse(value, null));
                    break;
                case "size":
                    PublishChecks.CheckSize(ulong.Parse(value, null), 1000);
                    break;
                default:
                    using (JsonDocument header = JsonDocument.Parse(line[2].Replace('\'', '"')))
                        PublishChecks.CheckRoutingHeader(line[1], FieldText.Value(header.RootElement));
                    break;
            }
        });
        Assert.Equal(line[3], outcome);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("+5", 5)]
    [InlineData("-0", 0)]
    [InlineData("0000000000000000000000000000007", 7)]
    [InlineData("315360000000", 315_360_000_000)]
    public void An_expiration_is_read(string text, long expected) =>
        Assert.Equal(expected, PublishChecks.ParseExpiration(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void An_impersonator_may_send_in_any_name() =>
        PublishChecks.CheckUserId("other"u8, "guest"u8, mayImpersonate: true);

    [Fact]
    public void The_largest_limit_is_not_called_configured() =>
        Assert.Equal(
            "PRECONDITION_FAILED - message size 536870913 is larger than max size 536870912",
            RecordedCases.Outcome(() => PublishChecks.CheckSize(536_870_913, 536_870_912)));

    [Fact]
    public void A_message_that_passes_costs_no_allocation()
    {
        byte[] expiration = "60000"u8.ToArray();
        byte[] user = "guest"u8.ToArray();
        Check();
        const int Rounds = 10_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
            Check();
        long allocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;

        // The runtime may make something of its own once; a byte a round would be one allocation in eight rounds.
        Assert.InRange(allocatedBytes, 0, Rounds - 1);

        void Check()
        {
            PublishChecks.CheckSize(100, 1000);
            PublishChecks.CheckUserId(user, user, mayImpersonate: false);
            PublishChecks.CheckDeliveryMode(2);
            PublishChecks.ParseExpiration(expiration);
        }
    }
}
