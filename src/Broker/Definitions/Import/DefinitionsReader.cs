using System.Collections.Immutable;
using System.Text.Json;
using Warren.Broker.Arguments;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Import;

/// <summary>
/// Reads RabbitMQ's definitions JSON, of any version since 3.0. Reads all of it or nothing: the first wrong shape
/// ends it
/// with an error that names the place. What RabbitMQ passes over is passed over here, with a warning.
/// </summary>
public sealed class DefinitionsReader
{
    private const string OperatorPolicy = "operator_policy";

    private static readonly ImmutableHashSet<string> KnownSections =
    [
        "rabbit_version", "rabbitmq_version", "product_name", "product_version", "rabbitmq_definition_format",
        "original_cluster_name", "original_vhost_name", "explanation", "description", "metadata", "default_queue_type",
        "users", "vhosts", "permissions", "topic_permissions", "parameters", "global_parameters", "policies",
        "exchanges", "queues", "bindings",
    ];

    private readonly ImmutableArray<string>.Builder _warnings = ImmutableArray.CreateBuilder<string>();
    private readonly ImportNode _document;

    private DefinitionsReader(JsonElement document) => _document = new ImportNode(document, "");

    /// <summary>Reads a document that the caller opened.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    /// <param name="hashing">
    /// What a password hash is taken for that does not say; the configured digest. Documents from before 3.6 hold MD5.
    /// </param>
    /// <exception cref="DefinitionsException">It is not JSON, or not definitions.</exception>
    public static DefinitionsDocument Read(Stream json, PasswordHashing hashing = PasswordHashing.Sha256)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return new DefinitionsReader(document.RootElement).Read(hashing);
        }
        catch (JsonException notJson)
        {
            throw new DefinitionsException("the document", $"is not JSON: {notJson.Message}");
        }
    }

    private DefinitionsDocument Read(PasswordHashing hashing)
    {
        _document.ExpectObject();
        foreach (JsonProperty section in _document.Element.EnumerateObject())
        {
            if (!KnownSections.Contains(section.Name))
                _warnings.Add($"definitions: section '{section.Name}' is unknown and passed over");
        }

        if (IsBeforeSha256())
            hashing = PasswordHashing.Md5;
        ImmutableArray<ImportedPolicy> policies = All("policies", ImportedPolicy.Read);
        if (policies.Length > 0)
            _warnings.Add($"definitions: {policies.Length} policies are kept, but policies are not in force yet");
        return new DefinitionsDocument
        {
            ClusterName = ReadClusterName(),
            Users = All("users", node => ImportedUser.Read(node, hashing)),
            Vhosts = All("vhosts", ImportedVhost.Read),
            VhostLimits = [.. Parameters(isVhostLimits: true).Select(ImportedVhostLimits.Read)],
            Permissions = All("permissions", ImportedPermission.Read),
            TopicPermissions = All("topic_permissions", ImportedTopicPermission.Read),
            Parameters = ReadParameters(),
            GlobalParameters = ReadGlobalParameters(),
            Policies = policies,
            Exchanges = All("exchanges", ImportedExchange.Read).RemoveAll(IsBrokersOwn),
            Queues = All("queues", ImportedQueue.Read).RemoveAll(IsBrokersOwn),
            Bindings = All("bindings", ImportedBinding.Read).RemoveAll(IsImplicit),
            Warnings = _warnings.ToImmutable(),
        };
    }

    private ImmutableArray<T> All<T>(string section, Func<ImportNode, T> read) =>
        [.. _document.Member(section).Objects().Select(read)];

    // 3.6.0 was the first to hash with SHA-256, 3.6.1 the first to say so in each user.
    private bool IsBeforeSha256()
    {
        string version = _document.Member("rabbitmq_version").OptionalText()
            ?? _document.Member("rabbit_version").OptionalText()
            ?? "";
        return version.StartsWith("3.", StringComparison.Ordinal)
            && version.Length > 3
            && version[2] is >= '0' and <= '5'
            && version[3] == '.';
    }

    private string? ReadClusterName()
    {
        foreach (ImportNode parameter in _document.Member("global_parameters").Objects())
        {
            if (parameter.Member("name").Text() == "cluster_name")
                return parameter.Member("value").Text();
        }

        return null;
    }

    private ImmutableArray<ImportedParameter> ReadGlobalParameters() =>
        All("global_parameters", ImportedParameter.ReadGlobal).RemoveAll(parameter => parameter.Name == "cluster_name");

    private IEnumerable<ImportNode> Parameters(bool isVhostLimits) => _document.Member("parameters").Objects()
        .Where(node => node.Member("component").Text() == ImportedVhostLimits.Component == isVhostLimits);

    private ImmutableArray<ImportedParameter> ReadParameters()
    {
        ImmutableArray<ImportedParameter> parameters =
            [.. Parameters(isVhostLimits: false).Select(ImportedParameter.Read)];
        foreach (ImportedParameter parameter in parameters)
        {
            _warnings.Add(parameter.Component == OperatorPolicy
                ? $"definitions: operator policy '{parameter.Name}' is kept, but policies are not in force yet"
                : $"definitions: parameter '{parameter.Name}' of '{parameter.Component}' is kept, "
                    + "but nothing uses it yet");
        }

        return parameters;
    }

    private bool IsBrokersOwn(ImportedExchange exchange) =>
        (exchange.Name.Length == 0 || ResourceName.IsReserved(exchange.Name))
        && PassOver($"exchange '{exchange.Name}' in vhost '{exchange.Vhost}' is the broker's own");

    private bool IsBrokersOwn(ImportedQueue queue) =>
        ResourceName.IsReserved(queue.Name)
        && PassOver($"queue '{queue.Name}' in vhost '{queue.Vhost}' has a name that only the broker gives");

    private bool IsImplicit(ImportedBinding binding) =>
        binding.Source.Length == 0
        && PassOver(
            $"the binding of '{binding.Destination}' in vhost '{binding.Vhost}' to the default exchange is implied");

    private bool PassOver(string reason)
    {
        _warnings.Add($"definitions: {reason}; passed over");
        return true;
    }
}
