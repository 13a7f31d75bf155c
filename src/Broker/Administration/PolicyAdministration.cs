using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Policies;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Topology;

namespace Warren.Broker.Administration;

/// <summary>
/// The policies of vhosts, or the operator policies. A change holds at once for the queues and exchanges that there
/// are, and for those made later. What is in force for a queue or an exchange is in its vhost's
/// <see cref="VhostPolicies.OfQueues"/> and in <see cref="Exchanges.Exchange.Policy"/>.
/// </summary>
public sealed class PolicyAdministration
{
    private readonly MessageBroker _broker;
    private readonly bool _isOperators;

    internal PolicyAdministration(MessageBroker broker, bool isOperators)
    {
        _broker = broker;
        _isOperators = isOperators;
    }

    /// <param name="vhost">Where; null: everywhere.</param>
    /// <returns>By vhost, and by rising priority as RabbitMQ lists them; among equals by name.</returns>
    /// <exception cref="AdministrationException">There is no such vhost.</exception>
    public ImmutableArray<(string Vhost, Policy Policy)> List(string? vhost = null)
    {
        IEnumerable<Vhost> vhosts = vhost is not null
            ? [VhostAdministration.Find(_broker, vhost)]
            : _broker.Topology.Vhosts.Select(each => each.Value).OrderBy(each => each.Name, StringComparer.Ordinal);
        return
        [
            .. vhosts.SelectMany(each => each.Policies.All(_isOperators)
                .OrderBy(policy => policy.Priority)
                .ThenBy(policy => policy.Name, StringComparer.Ordinal)
                .Select(policy => (each.Name, policy))),
        ];
    }

    /// <exception cref="AdministrationException">There is no such vhost or policy.</exception>
    public Policy Get(string vhost, string name) =>
        VhostAdministration.Find(_broker, vhost).Policies.Find(name, _isOperators)
            ?? throw AdministrationException.NoParameter(name);

    /// <summary>Sets a policy, in the place of the one with its name.</summary>
    /// <param name="vhost">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="term">pattern, definition, priority and apply-to, as <see cref="PolicyTerm"/> has them.</param>
    public Task SetAsync(string vhost, string name, FieldTable term) =>
        AdministrativeChange.RunAsync(
            _broker,
            () => PolicyTerm.Read(name, term, _isOperators),
            (store, policy) => Set(store, vhost, policy));

    /// <inheritdoc cref="SetAsync(string, string, FieldTable)"/>
    public Task SetAsync(
        string vhost, string name, string pattern, FieldTable definition, long priority = 0, string applyTo = "all") =>
        SetAsync(vhost, name, new FieldTable
        {
            ["pattern"] = FieldValue.Of(pattern),
            ["definition"] = FieldValue.Of(definition),
            ["priority"] = FieldValue.Of(priority),
            ["apply-to"] = FieldValue.Of(applyTo),
        });

    public Task ClearAsync(string vhost, string name) => AdministrativeChange.RunAsync(_broker, store =>
    {
        Get(vhost, name);
        store.Commit(new RemovalEntry(DefinitionKey.OfPolicy(vhost, name, _isOperators)));
        store.Answers.WhenApplied(() => _broker.Log(
            LogLevel.Info, LogCategory.Default,
            $"Successfully cleared {What(_isOperators)} '{name}' in virtual host '{vhost}'"));
    });

    internal void Set(DefinitionsStore store, string vhost, Policy policy)
    {
        VhostAdministration.Find(_broker, vhost);
        store.Commit(new PolicyEntry(vhost, policy, _isOperators));
        store.Answers.WhenApplied(() => Tell(vhost, policy));
    }

    private void Tell(string vhost, Policy policy)
    {
        _broker.Log(
            LogLevel.Info, LogCategory.Default,
            $"Successfully set {What(_isOperators)} '{policy.Name}' matching {PolicyTargets.NameOf(policy.Target)} "
            + $"names in virtual host '{vhost}' using pattern '{policy.Pattern.Text}'");
        foreach (string warning in Warnings(vhost, policy, _isOperators))
            _broker.Log(LogLevel.Warning, LogCategory.Default, warning);
    }

    /// <summary>A sentence for each key that is kept without effect, or does something else.</summary>
    internal static IEnumerable<string> Warnings(string vhost, Policy policy, bool isOperators)
    {
        string what = $"{What(isOperators)} '{policy.Name}' in vhost '{vhost}'";
        if (MirrorWish.IsForTwo(policy.Definition))
        {
            yield return $"{what}: its queues get three members where the cluster has three nodes. With two a queue "
                + "stops when either node is away";
        }
        foreach ((string key, string part) in PolicyRules.WithoutEffect(policy.Definition))
            yield return $"{what}: '{key}' is kept, but without effect until Warren has {part}";
    }

    private static string What(bool isOperators) => isOperators ? "operator policy" : "policy";
}
