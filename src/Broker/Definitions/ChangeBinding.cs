using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Definitions.Entries;
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

    internal override void Fail(string reason) => _request.Fail(Refusals.NotNow(reason));

    internal override void Apply(DefinitionsStore store) => store.Attempt(_request, () =>
    {
        Vhost vhost = store.FindVhost(_vhost) ?? throw Refusals.NoVhost(_vhost);
        DefinitionKey key = DefinitionKey.OfBinding(_vhost, _binding);
        if (_adds)
        {
            CheckEnds(vhost, _binding);
            store.Commit(new BindingEntry(_vhost, _binding));
            store.Answers.WhenDurable(_request, key, Answer);
        }
        else
        {
            store.Commit(new RemovalEntry(key));
            store.Answers.WhenGone(_request, Answer);
        }
    });

    /// <summary>Throws if one of the binding's ends is missing or its source does not take it.</summary>
    internal static void CheckEnds(Vhost vhost, Binding binding)
    {
        if (!vhost.Exchanges.TryGetValue(binding.Source, out Exchange? source))
            throw NoSuch(ResourceKind.Exchange, binding.Source, vhost);
        bool toQueue = binding.DestinationKind == DestinationKind.Queue;
        if (toQueue && !vhost.Queues.TryGetValue(binding.Destination, out QueueDefinition? _))
            throw NoSuch(ResourceKind.Queue, binding.Destination, vhost);
        if (!toQueue && !vhost.Exchanges.TryGetValue(binding.Destination, out Exchange? _))
            throw NoSuch(ResourceKind.Exchange, binding.Destination, vhost);
        source.Validate(binding);
    }

    private void Answer()
    {
        if (_binding.DestinationKind == DestinationKind.Queue && _adds)
            _request.Succeed(new QueueBindOk());
        else if (_binding.DestinationKind == DestinationKind.Queue)
            _request.Succeed(new QueueUnbindOk());
        else if (_adds)
            _request.Succeed(new ExchangeBindOk());
        else
            _request.Succeed(new ExchangeUnbindOk());
    }

    private static AmqpException NoSuch(ResourceKind kind, string name, Vhost vhost) =>
        new(ReplyCode.NotFound, $"no {ResourceName.Describe(kind, name, vhost.Name)}");
}
