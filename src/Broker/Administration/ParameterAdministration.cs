using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Policies;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Administration;

/// <summary>
/// Runtime parameters of vhosts, and global ones. As in RabbitMQ a vhost's limits and its operator policies are
/// parameters too, and show up here in that form; policies do not.
/// </summary>
public sealed class ParameterAdministration
{
    private const string OfLimits = "vhost-limits";
    private const string OfPolicies = "policy";
    private const string OfOperatorPolicies = "operator_policy";

    private readonly MessageBroker _broker;

    internal ParameterAdministration(MessageBroker broker) => _broker = broker;

    /// <param name="vhost">Where; null: everywhere.</param>
    /// <param name="component">Whose; null: all.</param>
    /// <exception cref="AdministrationException">There is no such vhost.</exception>
    public ImmutableArray<ParameterSummary> List(string? vhost = null, string? component = null)
    {
        IEnumerable<Vhost> vhosts = vhost is not null
            ? [VhostAdministration.Find(_broker, vhost)]
            : _broker.Topology.Vhosts.Select(each => each.Value).OrderBy(each => each.Name, StringComparer.Ordinal);
        return [.. vhosts.SelectMany(In).Where(each => component is null || each.Component == component)];
    }

    /// <exception cref="AdministrationException">There is no such vhost or parameter.</exception>
    public ParameterSummary Get(string vhost, string component, string name) =>
        List(vhost, component).FirstOrDefault(each => each.Name == name)
            ?? throw AdministrationException.NoParameter(name);

    /// <summary>Sets a parameter of a component that this broker has.</summary>
    public Task SetAsync(string vhost, string component, string name, FieldValue value) =>
        AdministrativeChange.RunAsync(_broker, store =>
        {
            if (component == OfPolicies)
                throw AdministrationException.Invalid("policies may not be set using this method");
            if (component == OfOperatorPolicies)
                _broker.Administration.OperatorPolicies.Set(
                    store, vhost, PolicyTerm.Read(name, TableOf(name, value), isOperators: true));
            else if (component == OfLimits)
                SetLimits(store, vhost, LimitTerm.ReadVhost(TableOf(name, value), VhostLimits.None));
            else
                throw AdministrationException.ValidationFailed($"component {component} not found");
        });

    public Task ClearAsync(string vhost, string component, string name) =>
        AdministrativeChange.RunAsync(_broker, store =>
        {
            if (component == OfPolicies)
                throw AdministrationException.Invalid("policies may not be cleared using this method");
            Get(vhost, component, name);
            if (component == OfLimits)
                SetLimits(store, vhost, VhostLimits.None);
            else if (component == OfOperatorPolicies)
                store.Commit(new RemovalEntry(DefinitionKey.OfPolicy(vhost, name, isOperators: true)));
            else
            {
                store.Commit(new RemovalEntry(DefinitionKey.OfParameter(
                    vhost, new ParameterName(component, name))));
            }
        });

    /// <summary>Parameters that belong to no vhost, by name.</summary>
    public ImmutableSortedDictionary<string, FieldValue> Global() => _broker.Topology.GlobalParameters;

    /// <summary>Sets a parameter that belongs to no vhost, whatever its value.</summary>
    public Task SetGlobalAsync(string name, FieldValue value) => AdministrativeChange.RunAsync(_broker, store =>
    {
        NameChecks.CheckName("parameter name", name);
        NameChecks.CheckValue(value);
        store.Commit(new GlobalParameterEntry(name, SortedFields.Of(value)));
    });

    public Task ClearGlobalAsync(string name) => AdministrativeChange.RunAsync(_broker, store =>
    {
        if (!_broker.Topology.GlobalParameters.ContainsKey(name))
            throw AdministrationException.NoParameter(name);
        store.Commit(new RemovalEntry(DefinitionKey.OfGlobalParameter(name)));
    });

    /// <summary>Names the cluster; clients see the name in server-properties.</summary>
    public Task SetClusterNameAsync(string name) =>
        SetGlobalAsync(MessageBroker.ClusterNameParameter, FieldValue.Of(name));

    private IEnumerable<ParameterSummary> In(Vhost vhost)
    {
        var found = new List<ParameterSummary>();
        foreach ((ParameterName name, FieldValue value) in vhost.Parameters)
            found.Add(new ParameterSummary(vhost.Name, name.Component, name.Name, value));
        foreach (Policy policy in vhost.Policies.All(isOperators: true))
        {
            found.Add(new ParameterSummary(
                vhost.Name, OfOperatorPolicies, policy.Name, FieldValue.Of(PolicyTerm.Of(policy))));
        }
        VhostLimits limits = _broker.Security.LimitsOf(vhost.Name);
        if (limits != VhostLimits.None)
            found.Add(new ParameterSummary(vhost.Name, OfLimits, "limits", FieldValue.Of(LimitTerm.Of(limits))));
        return found.OrderBy(each => new ParameterName(each.Component, each.Name));
    }

    private void SetLimits(DefinitionsStore store, string vhost, VhostLimits limits) => store.Commit(
        VhostEntry.Of(VhostAdministration.Find(_broker, vhost), limits));

    private static FieldTable TableOf(string name, FieldValue value) => value.Kind switch
    {
        FieldKind.Table => value.AsTable(),
        FieldKind.Array when value.AsArray().Count == 0 => FieldTable.Empty,
        _ => throw AdministrationException.ValidationFailed(
            $"{name} not a list {Arguments.ErlangTerm.Json(value)}"),
    };
}
