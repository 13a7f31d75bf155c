using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions;

/// <summary>exchange.declare, passive, when the channel could not know whether the exchange is there.</summary>
internal sealed class FindExchange(ChannelRequest request, string vhost, string name) : DefinitionsChange
{
    internal override void Fail(string reason) => request.Fail(Refusals.NotNow(reason));

    internal override void Apply(DefinitionsStore store) => store.Attempt(request, () =>
    {
        Vhost present = store.FindVhost(vhost) ?? throw Refusals.NoVhost(vhost);
        if (!present.Exchanges.Contains(name))
        {
            throw new AmqpException(
                ReplyCode.NotFound, $"no {ResourceName.Describe(ResourceKind.Exchange, name, vhost)}");
        }
        store.Answers.WhenDurable(
            request, DefinitionKey.OfExchange(vhost, name), () => request.Succeed(new ExchangeDeclareOk()));
    });
}
