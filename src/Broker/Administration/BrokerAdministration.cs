using Warren.Broker.Definitions.Import;

namespace Warren.Broker.Administration;

/// <summary>
/// All that an operator can change, by subject; for whoever speaks with operators. Every operation may be called on any
/// thread: it completes when it is durable, and throws <see cref="AdministrationException"/> when it is refused.
/// Listings are of the published snapshot, sorted by name.
/// </summary>
public sealed class BrokerAdministration
{
    private readonly MessageBroker _broker;

    internal BrokerAdministration(MessageBroker broker)
    {
        _broker = broker;
        Users = new UserAdministration(broker);
        Vhosts = new VhostAdministration(broker);
        Permissions = new PermissionAdministration(broker);
        Policies = new PolicyAdministration(broker, isOperators: false);
        OperatorPolicies = new PolicyAdministration(broker, isOperators: true);
        Parameters = new ParameterAdministration(broker);
    }

    public UserAdministration Users { get; }

    public VhostAdministration Vhosts { get; }

    public PermissionAdministration Permissions { get; }

    public PolicyAdministration Policies { get; }

    public PolicyAdministration OperatorPolicies { get; }

    public ParameterAdministration Parameters { get; }

    /// <summary>Adds a definitions document to what there is: all of it, or nothing.</summary>
    /// <exception cref="DefinitionsException">Something of the document cannot be.</exception>
    public Task ImportAsync(DefinitionsDocument document)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _broker.Definitions.Post(new ImportDefinitions(document, done));
        return done.Task;
    }
}
