using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Tests.Topology;
using Warren.Broker.Topology;
using Xunit;

namespace Warren.Broker.Tests.Exchanges;

public sealed class HeadersExchangeTests
{
    public static TheoryData<FieldValue, FieldValue, bool> Pairs() => new()
    {
        { FieldValue.Of(5), FieldValue.Of(5L), true },
        { FieldValue.Of((byte)200), FieldValue.Of((sbyte)-56), false },
        { FieldValue.Of((sbyte)-1), FieldValue.Of((short)-1), true },
        { FieldValue.Of(uint.MaxValue), FieldValue.Of(-1), false },
        { FieldValue.Of(uint.MaxValue), FieldValue.Of((long)uint.MaxValue), true },
        { FieldValue.Of((ushort)7), FieldValue.Of((byte)7), true },
        { FieldValue.OfTimestamp(7), FieldValue.Of(7), true },
        { FieldValue.OfTimestamp(ulong.MaxValue), FieldValue.Of(-1L), false },
        { FieldValue.Of(1.5f), FieldValue.Of(1.5), true },
        { FieldValue.Of(1.0), FieldValue.Of(1), true },
        { FieldValue.Of(1), FieldValue.Of(1.5), false },
        { FieldValue.Of("1"), FieldValue.Of(1), false },
        { FieldValue.Of("text"), FieldValue.OfBytes("text"u8), true },
        { FieldValue.Of("text"), FieldValue.Of("Text"), false },
        { FieldValue.Of(true), FieldValue.Of(true), true },
        { FieldValue.Of(true), FieldValue.Of(1), false },
        { FieldValue.OfDecimal(2, 150), FieldValue.OfDecimal(2, 150), true },
        { FieldValue.OfDecimal(2, 150), FieldValue.OfDecimal(1, 15), false },
        { FieldValue.Of(new FieldArray(FieldValue.Of(1))), FieldValue.Of(new FieldArray(FieldValue.Of(1))), true },
        { FieldValue.Of(new FieldArray(FieldValue.Of(1))), FieldValue.Of(new FieldArray(FieldValue.Of(2))), false },
        { FieldValue.Of(1), FieldValue.Void, false },
        { FieldValue.Void, FieldValue.Of("anything"), true },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Values_are_compared_as_RabbitMQ_does(FieldValue argument, FieldValue header, bool same)
    {
        Vhost vhost = Vhost.Create("/").WithQueues("q")
            .Bind("amq.headers", "q", "", Domain.Table(("a", argument)));
        FieldTable headers = Domain.Table(("other", FieldValue.Of("x")), ("a", header));
        Assert.Equal(same ? "q" : "", vhost.Route("amq.headers", "", headers));
    }

    [Fact]
    public void A_header_that_comes_twice_has_its_last_value()
    {
        Vhost vhost = Vhost.Create("/").WithQueues("q")
            .Bind("amq.headers", "q", "", Domain.Table(("a", FieldValue.Of(2))));
        FieldTable lastMatches = Domain.Table(("a", FieldValue.Of(1)), ("a", FieldValue.Of(2)));
        FieldTable firstMatches = Domain.Table(("a", FieldValue.Of(2)), ("a", FieldValue.Of(1)));
        Assert.Equal("q", vhost.Route("amq.headers", "", lastMatches));
        Assert.Equal("", vhost.Route("amq.headers", "", firstMatches));
    }

    [Theory]
    [InlineData("bogus",
        "PRECONDITION_FAILED - Invalid x-match field value <<\"bogus\">>; "
        + "expected all, any, all-with-x, or any-with-x")]
    [InlineData(5, "PRECONDITION_FAILED - Invalid x-match field type signedint (value 5); expected longstr")]
    public void A_wrong_x_match_is_refused_in_RabbitMQs_words(object mode, string text)
    {
        FieldValue value = mode is int number ? FieldValue.Of(number) : FieldValue.Of((string)mode);
        Exchange exchange = Domain.Exchange("x", "headers");
        Binding binding = Domain.ToQueue("x", "q", "", Domain.Table(("x-match", value)));
        var refusal = Assert.Throws<AmqpException>(() => exchange.Validate(binding));
        Assert.Equal((ReplyCode.PreconditionFailed, text), (refusal.ReplyCode, refusal.ReplyText));
    }

    [Theory]
    [InlineData("all")]
    [InlineData("any")]
    [InlineData("all-with-x")]
    [InlineData("any-with-x")]
    public void The_four_modes_are_accepted(string mode) =>
        Domain.Exchange("x", "headers")
            .Validate(Domain.ToQueue("x", "q", "", Domain.Table(("x-match", FieldValue.Of(mode)))));
}
