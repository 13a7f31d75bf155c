using Warren.Broker.Arguments;
using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Arguments;

public class ResourceNameTests
{
    [Theory]
    [InlineData(ResourceKind.Exchange, "ACCESS_REFUSED - exchange name 'amq.foo' contains reserved prefix 'amq.*'")]
    [InlineData(ResourceKind.Queue, "ACCESS_REFUSED - queue name 'amq.foo' contains reserved prefix 'amq.*'")]
    public void Names_of_the_broker_are_not_for_clients(ResourceKind kind, string expected) =>
        Assert.Equal(expected, RecordedCases.Outcome(() => ResourceName.CheckNew(kind, "amq.foo")));

    [Theory]
    [InlineData("amq")]
    [InlineData("AMQ.x")]
    [InlineData("x-amq.")]
    public void Other_names_are(string name) => ResourceName.CheckNew(ResourceKind.Queue, name);

    [Theory]
    [InlineData("", "ACCESS_REFUSED - operation not permitted on the default exchange")]
    [InlineData("amq.direct", "ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not allowed")]
    [InlineData("mine", "ok")]
    public void The_brokers_exchanges_stay(string exchange, string expected) =>
        Assert.Equal(expected, RecordedCases.Outcome(() => ResourceName.CheckExchangeDeletion(exchange, "/")));

    [Fact]
    public void Line_breaks_do_not_count() => Assert.Equal("ab", ResourceName.WithoutLineBreaks("a\r\nb\n"));

    [Fact]
    public void A_name_fits_by_bytes_and_not_by_characters()
    {
        Assert.True(ResourceName.Fits(new string('a', 255)));
        Assert.False(ResourceName.Fits(new string('é', 128)));
    }
}
