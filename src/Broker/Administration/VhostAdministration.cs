using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Administration;

/// <summary>Virtual hosts and their limits.</summary>
public sealed class VhostAdministration
{
    private readonly MessageBroker _broker;

    internal VhostAdministration(MessageBroker broker) => _broker = broker;

    /// <summary>All vhosts.</summary>
    public ImmutableArray<VhostSummary> List() =>
    [
        .. _broker.Topology.Vhosts.Select(vhost => SummaryOf(vhost.Value))
            .OrderBy(vhost => vhost.Name, StringComparer.Ordinal),
    ];

    /// <exception cref="AdministrationException">There is no such vhost.</exception>
    public VhostSummary Get(string name) => SummaryOf(Find(_broker, name));

    /// <summary>Makes a vhost; one that is there already is left as it is, as in RabbitMQ.</summary>
    public Task AddAsync(string name, VhostMetadata? metadata = null) => RunAsync(store =>
    {
        NameChecks.CheckName("vhost", name);
        if (store.FindVhost(name) is not null)
            return;
        store.Commit(Changed(new VhostEntry(name, null, VhostLimits.None), metadata ?? new VhostMetadata()));
        store.Answers.WhenApplied(() => _broker.Log(LogLevel.Info, LogCategory.Default, $"Added vhost '{name}'"));
    });

    /// <summary>Changes what is given.</summary>
    public Task UpdateAsync(string name, VhostMetadata metadata) =>
        ChangeAsync(name, vhost => Changed(vhost, metadata));

    /// <summary>Makes a vhost, or changes what is given of the one that is there.</summary>
    public Task PutAsync(string name, VhostMetadata metadata) => RunAsync(store =>
    {
        NameChecks.CheckName("vhost", name);
        VhostEntry present = store.FindVhost(name) is { } vhost
            ? VhostEntry.Of(vhost, _broker.Security.LimitsOf(name))
            : new VhostEntry(name, null, VhostLimits.None);
        store.Commit(Changed(present, metadata));
    });

    /// <summary>Removes a vhost with everything in it, and closes its connections.</summary>
    public Task DeleteAsync(string name) => RunAsync(store =>
    {
        Find(_broker, name);
        store.Commit(new RemovalEntry(DefinitionKey.OfVhost(name)));
        store.Answers.WhenApplied(() => _broker.Log(LogLevel.Info, LogCategory.Default, $"Deleted vhost '{name}'"));
    });

    /// <summary>Replaces all limits: what is not given is unlimited.</summary>
    public Task SetLimitsAsync(string name, FieldTable limits) =>
        ChangeAsync(name, vhost => vhost with { Limits = LimitTerm.ReadVhost(limits, VhostLimits.None) });

    /// <summary>Sets the limits that are given; the others stay.</summary>
    public Task UpdateLimitsAsync(string name, FieldTable limits) =>
        ChangeAsync(name, vhost => vhost with { Limits = LimitTerm.ReadVhost(limits, vhost.Limits) });

    /// <summary>Clears all limits, or one of them; one that is not known is cleared as well.</summary>
    public Task ClearLimitsAsync(string name, string? limit = null) => ChangeAsync(name, vhost => vhost with
    {
        Limits = limit switch
        {
            null => VhostLimits.None,
            LimitTerm.MaxConnections => vhost.Limits with { MaxConnections = null },
            LimitTerm.MaxQueues => vhost.Limits with { MaxQueues = null },
            _ => vhost.Limits,
        },
    });

    internal static Vhost Find(MessageBroker broker, string name) =>
        broker.Topology.Vhosts.TryGetValue(name, out Vhost? vhost)
            ? vhost
            : throw AdministrationException.NoSuchVhost(name);

    private static VhostEntry Changed(VhostEntry vhost, VhostMetadata metadata)
    {
        string? type = metadata.DefaultQueueType ?? vhost.DefaultQueueType;
        if (type is not null && !QueueTypes.TryParse(type, out _))
        {
            throw AdministrationException.Invalid(
                $"Default queue type must be one of: quorum, stream, classic. Provided: {type}");
        }
        return vhost with
        {
            Description = metadata.Description ?? vhost.Description,
            Tags = metadata.Tags ?? vhost.Tags,
            DefaultQueueType = type,
        };
    }

    private VhostSummary SummaryOf(Vhost vhost) => new(
        vhost.Name, vhost.Description, vhost.Tags, vhost.DefaultQueueType, _broker.Security.LimitsOf(vhost.Name));

    private Task ChangeAsync(string name, Func<VhostEntry, VhostEntry> change) => RunAsync(
        store => store.Commit(change(VhostEntry.Of(Find(_broker, name), _broker.Security.LimitsOf(name)))));

    private Task RunAsync(Action<DefinitionsStore> apply) => AdministrativeChange.RunAsync(_broker, apply);
}
