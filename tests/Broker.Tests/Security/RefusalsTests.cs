using Warren.Amqp;
using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Security;

public class RefusalsTests
{
    public static TheoryData<AmqpException, string> Texts => new()
    {
        { Refusals.NoVhost("nosuch"), "NOT_ALLOWED - vhost nosuch not found" },
        { Refusals.NoVhost(""), "NOT_ALLOWED - vhost  not found" },
        { Refusals.Vhost("/", "noperm"), "NOT_ALLOWED - access to vhost '/' refused for user 'noperm'" },
        {
            Refusals.VhostConnectionLimit("lim0", "guest", 0),
            "NOT_ALLOWED - access to vhost 'lim0' refused for user 'guest': connection limit (0) is reached"
        },
        {
            Refusals.UserConnectionLimit("ulim", 0),
            "NOT_ALLOWED - connection refused for user 'ulim': user connection limit (0) is reached"
        },
        {
            Refusals.UserChannelLimit("ulim", 1),
            "NOT_ALLOWED - number of channels opened for user 'ulim' has reached the maximum allowed user limit of (1)"
        },
        {
            Refusals.QueueLimit("b", "limq", 1),
            "PRECONDITION_FAILED - cannot declare queue 'b': queue limit in vhost 'limq' (1) is reached"
        },
    };

    [Theory]
    [MemberData(nameof(Texts), DisableDiscoveryEnumeration = true)]
    public void Limits_are_told_of_as_recorded(AmqpException refused, string expected) =>
        Assert.Equal(expected, refused.ReplyText);
}
