using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions;

/// <summary>exchange.delete. Deleting what is not there succeeds, as in RabbitMQ.</summary>
internal sealed class DeleteExchange : DefinitionsChange
{
    private readonly ChannelRequest _request;
    private readonly string _vhost;
    private readonly string _name;
    private readonly bool _ifUnused;

    public DeleteExchange(ChannelRequest request, string vhost, string name, bool ifUnused)
    {
        _request = request;
        _vhost = vhost;
        _name = name;
        _ifUnused = ifUnused;
    }

    internal override void Fail(string reason) => _request.Fail(Refusals.NotNow(reason));

    internal override void Apply(DefinitionsStore store) => store.Attempt(_request, () =>
    {
        if (store.FindVhost(_vhost) is { } vhost && vhost.Exchanges.TryGetValue(_name, out Exchange? exchange))
        {
            if (_ifUnused && exchange.BindingCount > 0)
            {
                throw new AmqpException(
                    ReplyCode.PreconditionFailed,
                    $"{ResourceName.Describe(ResourceKind.Exchange, _name, _vhost)} in use");
            }
            store.Commit(new RemovalEntry(DefinitionKey.OfExchange(_vhost, _name)) { IfUnused = _ifUnused });
        }
        store.Answers.WhenGone(_request, () => _request.Succeed(new ExchangeDeleteOk()));
    });
}
