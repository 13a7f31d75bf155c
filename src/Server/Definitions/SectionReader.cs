using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Arguments;
using Warren.Broker.Definitions.Import;
using Warren.Broker.Policies;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Server.Definitions;

/// <summary>Reads one object of each section of a definitions document.</summary>
/// <param name="vhost">Where everything belongs; null: each object says so.</param>
/// <param name="hashingWhenUnsaid">What a password hash is taken for.</param>
internal sealed class SectionReader(string? vhost, PasswordHashing hashingWhenUnsaid)
{
    public ImportedUser User(DocumentNode node)
    {
        string? clear = node.Member("password").OptionalText();
        DocumentNode hashNode = node.Member("password_hash");
        string? base64 = hashNode.OptionalText();
        if (clear is not null && base64 is not null)
            throw node.Wrong("has both password and password_hash; one of them must go");
        PasswordHash? hash = null;
        if (base64 is not null)
        {
            PasswordHashing hashing = Hashing(node.Member("hashing_algorithm"));
            if (!PasswordHash.TryParse(base64, hashing, out hash, out string? error))
                throw hashNode.Wrong(error);
        }

        DocumentNode limits = node.Member("limits").OrEmpty();
        return new ImportedUser(
            node.Member("name").Name(),
            hash,
            clear,
            node.Member("tags").Words(),
            new UserLimits(limits.Member("max-connections").Limit(), limits.Member("max-channels").Limit()));
    }

    public static ImportedVhost Vhost(DocumentNode node)
    {
        DocumentNode metadata = node.Member("metadata").OrEmpty();
        return new ImportedVhost(
            node.Member("name").Name(),
            node.Member("description").OptionalText() ?? metadata.Member("description").OptionalText(),
            node.Member("tags").OptionalWords() ?? metadata.Member("tags").OptionalWords(),
            QueueTypeOf(metadata.Member("default_queue_type")) ?? QueueTypeOf(node.Member("default_queue_type")),
            LimitsOf(node.Member("limits").OrEmpty()));
    }

    public ImportedVhostLimits VhostLimits(DocumentNode parameter) =>
        new(VhostOf(parameter), LimitsOf(parameter.Member("value").OrEmpty()));

    public static ImportedPermission Permission(DocumentNode node) => new(
        node.Member("user").Name(),
        node.Member("vhost").Name(),
        new Permission(
            Compile(node.Member("configure")), Compile(node.Member("write")), Compile(node.Member("read"))));

    public static ImportedTopicPermission TopicPermission(DocumentNode node)
    {
        string user = node.Member("user").Name();
        string where = node.Member("vhost").Name();
        string write = node.Member("write").Text();
        string read = node.Member("read").Text();
        if (!Broker.Security.TopicPermission.TryCreate(
                write, read, user, where, null, out TopicPermission? permission, out string? error))
        {
            throw node.Wrong($"holds no usable pattern: {error}");
        }

        return new ImportedTopicPermission(user, where, node.Member("exchange").Name(), permission);
    }

    public static ImportedGlobalParameter GlobalParameter(DocumentNode node) =>
        new(node.Member("name").Name(), node.Member("value").ObjectOrValue());

    public ImportedParameter Parameter(DocumentNode node) => new(
        VhostOf(node),
        new ParameterName(node.Member("component").Name(), node.Member("name").Name()),
        node.Member("value").Value());

    public ImportedPolicy Policy(DocumentNode node)
    {
        var term = new FieldTable
        {
            ["pattern"] = FieldValue.Of(node.Member("pattern").Text()),
            ["definition"] = FieldValue.Of(node.Member("definition").Table()),
            ["priority"] = FieldValue.Of(node.Member("priority").Integer(absent: 0)),
            ["apply-to"] = FieldValue.Of(node.Member("apply-to").OptionalText() ?? "all"),
        };
        return ReadPolicy(node, term, isOperators: false);
    }

    public ImportedPolicy OperatorPolicy(DocumentNode parameter) =>
        ReadPolicy(parameter, parameter.Member("value").Table(), isOperators: true);

    public ImportedExchange Exchange(DocumentNode node) => new(
        VhostOf(node),
        node.Member("name").Name(mayBeEmpty: true),
        node.Member("type").Text(),
        node.Member("durable").Flag(absent: true),
        node.Member("auto_delete").Flag(absent: false),
        node.Member("internal").Flag(absent: false),
        node.Member("arguments").Table());

    public ImportedQueue Queue(DocumentNode node) => new(
        VhostOf(node),
        node.Member("name").Name(),
        node.Member("durable").Flag(absent: true),
        node.Member("auto_delete").Flag(absent: false),
        node.Member("arguments").Table(),
        QueueTypeOf(node.Member("type")));

    public ImportedBinding Binding(DocumentNode node)
    {
        DocumentNode kind = node.Member("destination_type");
        string word = kind.Text();
        if (word is not ("queue" or "exchange"))
            throw kind.Wrong($"must be queue or exchange, but is '{word}'");
        return new ImportedBinding(
            VhostOf(node),
            node.Member("source").Name(mayBeEmpty: true),
            node.Member("destination").Name(),
            word == "exchange",
            node.Member("routing_key").OptionalText() ?? "",
            node.Member("arguments").Table());
    }

    private string VhostOf(DocumentNode node) => vhost ?? node.Member("vhost").Name();

    private ImportedPolicy ReadPolicy(DocumentNode node, FieldTable term, bool isOperators)
    {
        string where = VhostOf(node);
        try
        {
            Policy policy = PolicyTerm.Read(node.Member("name").Name(), term, isOperators);
            return new ImportedPolicy(where, policy, isOperators);
        }
        catch (AdministrationException refusal)
        {
            throw node.Wrong($"cannot be used: {refusal.Message.ReplaceLineEndings(" ").Trim()}");
        }
    }

    private PasswordHashing Hashing(DocumentNode node)
    {
        if (node.OptionalText() is not { } name)
            return hashingWhenUnsaid;
        return PasswordHash.TryParseHashing(name, out PasswordHashing hashing)
            ? hashing
            : throw node.Wrong($"must be rabbit_password_hashing_sha256, _sha512 or _md5, but is '{name}'");
    }

    private static VhostLimits LimitsOf(DocumentNode limits) =>
        new(limits.Member("max-connections").Limit(), limits.Member("max-queues").Limit());

    // Erlang writes what is not set as the word undefined.
    private static string? QueueTypeOf(DocumentNode node)
    {
        if (node.OptionalText() is not { } name || name == "undefined")
            return null;
        return QueueTypes.TryParse(name, out _)
            ? name
            : throw node.Wrong($"must be classic, quorum or stream, but is '{name}'");
    }

    private static NamePattern Compile(DocumentNode node) =>
        NamePattern.TryCompile(node.Text(), out NamePattern? pattern, out string? error)
            ? pattern
            : throw node.Wrong($"is no usable pattern: {error}");
}
