using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions;

/// <summary>exchange.declare.</summary>
internal sealed class DeclareExchange : DefinitionsChange
{
    private readonly ChannelRequest _request;
    private readonly string _vhost;
    private readonly ExchangeDeclaration _declaration;

    public DeclareExchange(ChannelRequest request, string vhost, ExchangeDeclaration declaration)
    {
        _request = request;
        _vhost = vhost;
        _declaration = declaration;
    }

    internal override void Fail(string reason) => _request.Fail(Refusals.NotNow(reason));

    internal override void Apply(DefinitionsStore store) => store.Attempt(_request, () =>
    {
        Vhost vhost = store.FindVhost(_vhost) ?? throw Refusals.NoVhost(_vhost);
        if (vhost.Exchanges.TryGetValue(_declaration.Name, out Exchange? present))
            CheckAgainst(present, _vhost, _declaration);
        var entry = new ExchangeEntry(_vhost, _declaration);
        // Before it, so that no message comes to an exchange that keeps it on one node although it need not.
        if (DelayStore.EntryOf(store.Broker, store.Broker.Topology, _vhost, _declaration) is { } kept)
            store.Commit(kept, entry);
        else
            store.Commit(entry);
        store.Answers.WhenDurable(_request, entry.Key, () => _request.Succeed(new ExchangeDeclareOk()));
    });

    /// <summary>Throws if the exchange that is there is not the one declared.</summary>
    internal static void CheckAgainst(Exchange present, string vhost, ExchangeDeclaration declared) =>
        ExchangeArguments.CheckEquivalent(
            vhost,
            declared.Name,
            new ExchangeProperties(
                present.Type, present.Durable, present.AutoDelete, present.Internal, present.Arguments),
            new ExchangeProperties(
                declared.Type, declared.Durable, declared.AutoDelete, declared.Internal, declared.Arguments));
}
