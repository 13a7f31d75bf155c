using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions;

/// <summary>queue.bind, queue.unbind, exchange.bind, exchange.unbind.</summary>
internal sealed class ChangeBinding : DefinitionsChange
{
    private readonly ChannelRequest _request;
    private readonly string _vhost;
    private readonly Binding _binding;
    private readonly bool _adds;

    public ChangeBinding(ChannelRequest request, string vhost, Binding binding, bool adds)
    {
        _request = request;
        _vhost = vhost;
        _binding = binding;
        _adds = adds;
    }

    internal override void Apply(DefinitionsStore store) => DefinitionsStore.Attempt(_request, () =>
    {
        Vhost vhost = store.FindVhost(_vhost) ?? throw Refusals.NoVhost(_vhost);
        if (_adds)
            Add(store, vhost);
        else
            store.Publish(vhost.WithoutBinding(_binding).Vhost);
        if (_binding.DestinationKind == DestinationKind.Queue && _adds)
            _request.Succeed(new QueueBindOk());
        else if (_binding.DestinationKind == DestinationKind.Queue)
            _request.Succeed(new QueueUnbindOk());
        else if (_adds)
            _request.Succeed(new ExchangeBindOk());
        else
            _request.Succeed(new ExchangeUnbindOk());
    });

    private void Add(DefinitionsStore store, Vhost vhost)
    {
        if (!vhost.Exchanges.TryGetValue(_binding.Source, out Exchange? source))
            throw NoSuch(ResourceKind.Exchange, _binding.Source);
        if (_binding.DestinationKind == DestinationKind.Queue && !vhost.Queues.TryGetValue(_binding.Destination, out QueueDefinition? _))
            throw NoSuch(ResourceKind.Queue, _binding.Destination);
        if (_binding.DestinationKind == DestinationKind.Exchange && !vhost.Exchanges.TryGetValue(_binding.Destination, out Exchange? _))
            throw NoSuch(ResourceKind.Exchange, _binding.Destination);
        source.Validate(_binding);
        store.Publish(vhost.WithBinding(_binding));
    }

    private AmqpException NoSuch(ResourceKind kind, string name) =>
        new(ReplyCode.NotFound, $"no {ResourceName.Describe(kind, name, _vhost)}");
}
