using System.Collections.Immutable;
using System.Text.Json;
using Warren.Broker.Arguments;
using Warren.Broker.Definitions.Import;
using Warren.Broker.Security;

namespace Warren.Server.Definitions;

/// <summary>
/// Reads RabbitMQ's definitions JSON, of any version since 3.0, of the whole broker or of one vhost. Reads all of it or
/// nothing: the first wrong shape ends it with an error that names the place. What RabbitMQ passes over is passed over
/// here, with a warning.
/// </summary>
public sealed class DefinitionsReader
{
    private const string VhostLimits = "vhost-limits";
    private const string OperatorPolicy = "operator_policy";

    private static readonly ImmutableHashSet<string> KnownSections =
    [
        "rabbit_version", "rabbitmq_version", "product_name", "product_version", "rabbitmq_definition_format",
        "original_cluster_name", "original_vhost_name", "explanation", "description", "metadata", "default_queue_type",
        "users", "vhosts", "permissions", "topic_permissions", "parameters", "global_parameters", "policies",
        "exchanges", "queues", "bindings", "limits", "tags",
    ];

    private readonly ImmutableArray<string>.Builder _warnings = ImmutableArray.CreateBuilder<string>();
    private readonly DocumentNode _document;
    private readonly SectionReader _sections;
    private readonly string? _vhost;

    private DefinitionsReader(JsonElement document, string? vhost, PasswordHashing hashing)
    {
        _document = new DocumentNode(document, "");
        _document.ExpectObject();
        _vhost = vhost;
        _sections = new SectionReader(vhost, IsBeforeSha256() ? PasswordHashing.Md5 : hashing);
    }

    /// <summary>Reads a document that the caller opened.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    /// <param name="hashing">
    /// What a password hash is taken for that does not say; the configured digest. Documents from before 3.6 hold MD5.
    /// </param>
    /// <param name="vhost">
    /// Where everything of the document belongs, which is that of one vhost and names none; null: it names them.
    /// </param>
    /// <exception cref="DefinitionsException">It is not JSON, or not definitions.</exception>
    public static DefinitionsDocument Read(
        Stream json, PasswordHashing hashing = PasswordHashing.Sha256, string? vhost = null)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return new DefinitionsReader(document.RootElement, vhost, hashing).Read();
        }
        catch (JsonException notJson)
        {
            throw new DefinitionsException("the document", $"is not JSON: {notJson.Message}");
        }
    }

    private DefinitionsDocument Read()
    {
        foreach (JsonProperty section in _document.Element.EnumerateObject())
        {
            if (!KnownSections.Contains(section.Name))
                _warnings.Add($"definitions: section '{section.Name}' is unknown and passed over");
        }
        bool isWhole = _vhost is null;
        return new DefinitionsDocument
        {
            Users = isWhole ? All("users", _sections.User) : [],
            Vhosts = isWhole ? All("vhosts", SectionReader.Vhost) : [],
            VhostLimits = [.. Parameters(VhostLimits).Select(_sections.VhostLimits)],
            Permissions = isWhole ? All("permissions", SectionReader.Permission) : [],
            TopicPermissions = isWhole ? All("topic_permissions", SectionReader.TopicPermission) : [],
            GlobalParameters = isWhole ? All("global_parameters", SectionReader.GlobalParameter) : [],
            Policies =
            [
                .. All("policies", _sections.Policy),
                .. Parameters(OperatorPolicy).Select(_sections.OperatorPolicy),
            ],
            Parameters = ReadParameters(),
            Exchanges = All("exchanges", _sections.Exchange).RemoveAll(IsBrokersOwn),
            Queues = All("queues", _sections.Queue).RemoveAll(IsBrokersOwn),
            Bindings = All("bindings", _sections.Binding).RemoveAll(IsImplicit),
            Warnings = _warnings.ToImmutable(),
        };
    }

    private ImmutableArray<T> All<T>(string section, Func<DocumentNode, T> read) =>
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

    private IEnumerable<DocumentNode> Parameters(string component) => _document.Member("parameters").Objects()
        .Where(node => node.Member("component").Text() == component);

    private ImmutableArray<ImportedParameter> ReadParameters()
    {
        ImmutableArray<ImportedParameter> parameters =
        [
            .. _document.Member("parameters").Objects()
                .Where(node => node.Member("component").Text() is not (VhostLimits or OperatorPolicy))
                .Select(_sections.Parameter),
        ];
        foreach (ImportedParameter parameter in parameters)
        {
            _warnings.Add(
                $"definitions: parameter '{parameter.Name.Name}' of '{parameter.Name.Component}' is kept, "
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
