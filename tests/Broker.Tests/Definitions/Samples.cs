using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Tests.Policies;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Tests.Definitions;

/// <summary>Definitions of each kind, with everything in them that there can be.</summary>
internal static class Samples
{
    public static FieldTable EveryFieldType()
    {
        var table = new FieldTable();
        table.Add("bool", FieldValue.Of(true));
        table.Add("sbyte", FieldValue.Of((sbyte)-5));
        table.Add("byte", FieldValue.Of((byte)250));
        table.Add("short", FieldValue.Of((short)-500));
        table.Add("ushort", FieldValue.Of((ushort)65_000));
        table.Add("int", FieldValue.Of(-70_000));
        table.Add("uint", FieldValue.Of(4_000_000_000u));
        table.Add("long", FieldValue.Of(long.MinValue));
        table.Add("float", FieldValue.Of(1.5f));
        table.Add("double", FieldValue.Of(double.NaN));
        table.Add("decimal", FieldValue.OfDecimal(2, 12_345));
        table.Add("text", FieldValue.Of("Grüße"));
        table.Add("no text", FieldValue.OfLongString([0xFF, 0xFE, 0]));
        table.Add("bytes", FieldValue.OfBytes([0, 1, 2]));
        table.Add("time", FieldValue.OfTimestamp(1_700_000_000));
        table.Add("void", FieldValue.Void);
        table.Add("array", FieldValue.Of(new FieldArray(FieldValue.Of(1), FieldValue.Of("a"))));
        table.Add("twice", FieldValue.Of(1));
        table.Add("twice", FieldValue.Of(2));
        table.Add("nested", FieldValue.Of(Nested(FieldTable.NestingLimit - 2)));
        return table;
    }

    public static FieldTable Nested(int depth)
    {
        var table = new FieldTable();
        for (int level = 0; level < depth; level++)
            table = new FieldTable { ["n"] = FieldValue.Of(table) };
        return table;
    }

    public static FieldTable OfSize(int bytes) => new() { ["x-large"] = FieldValue.OfBytes(new byte[bytes]) };

    public static VhostEntry Vhost(string name = "v") => new(name, "quorum", new VhostLimits(7, 1_000_000));

    public static VhostEntry DescribedVhost(string name = "w") => Vhost(name) with
    {
        Description = "Grüße",
        Tags = ["a", "own tag"],
    };

    public static UserEntry User(string name = "u", string password = "secret") => new(new User(
        name,
        PasswordHash.Create(password, PasswordHashing.Sha512, [1, 2, 3, 4]),
        ["administrator", "own tag"],
        new UserLimits(3, null)));

    public static PermissionEntry Permission(string user = "u", string vhost = "v", string configure = "^a.*") => new(
        user,
        vhost,
        new Permission(NamePattern.Compile(configure), NamePattern.Compile(""), NamePattern.Compile(".*")));

    public static TopicPermissionEntry TopicPermission(string user = "u", string vhost = "v", string exchange = "t")
    {
        Xunit.Assert.True(Warren.Broker.Security.TopicPermission.TryCreate(
            "^{username}", ".*", user, vhost, null, out Warren.Broker.Security.TopicPermission? permission, out _));
        return new TopicPermissionEntry(user, vhost, exchange, permission!);
    }

    public static ExchangeEntry Exchange(
        string name = "x", string vhost = "v", bool durable = true, bool autoDelete = false,
        string type = ExchangeTypes.Headers) => new(vhost, new ExchangeDeclaration
        {
            Name = name,
            Type = type,
            Durable = durable,
            AutoDelete = autoDelete,
            Internal = true,
            Arguments = EveryFieldType(),
        });

    public static QueueEntry Queue(
        string name = "q", string vhost = "v", bool durable = true, long owner = 0, FieldTable? arguments = null)
    {
        return new QueueEntry
        {
            Vhost = vhost,
            Name = name,
            Type = QueueType.Classic,
            Durable = durable,
            AutoDelete = true,
            OwnerConnectionId = owner,
            DeclaredArguments = arguments ?? EveryFieldType(),
        };
    }

    /// <param name="name">The queue.</param>
    /// <param name="vhost">Its vhost.</param>
    /// <param name="members">Their numbers, see <see cref="Node"/>.</param>
    public static QueueEntry ReplicatedQueue(
        string name = "q", string vhost = "v", params ReadOnlySpan<int> members) => new()
        {
            Vhost = vhost,
            Name = name,
            Type = QueueType.Quorum,
            Durable = true,
            Members = [.. members.ToArray().Select(Node)],
            DeclaredArguments = FieldTable.Empty,
        };

    /// <param name="queue">The id of the queue "q" of "/".</param>
    /// <param name="members">Their numbers, see <see cref="Node"/>.</param>
    public static QueueMembersEntry QueueMembers(long queue, params ReadOnlySpan<int> members) => new()
    {
        Vhost = "/",
        Name = "q",
        Queue = queue,
        Members = [.. members.ToArray().Select(Node)],
        WishedSize = members.Length,
    };

    public static MemberEntry Member(int number) => new(Node(number), $"rabbit@host{number}", $"10.0.0.{number}:25672");

    public static BindingEntry Binding(
        string source = "x", string queue = "q", string key = "k", string vhost = "v",
        DestinationKind kind = DestinationKind.Queue) =>
        new(vhost, new Binding(source, kind, queue, key, EveryFieldType()));

    public static PolicyEntry Policy(
        string name = "p", string vhost = "v", string pattern = "^q", bool isOperators = false, int length = 7)
    {
        FieldTable definition = Fields.Of(("max-length", length), ("message-ttl", 60_000));
        return new PolicyEntry(
            vhost,
            new Policy(name, NamePattern.Compile(pattern), PolicyTarget.Queues, -3, definition),
            isOperators);
    }

    public static ParameterEntry Parameter(string name = "n", string vhost = "v", object? value = null) => new(
        vhost,
        new ParameterName("shovel", name),
        FieldValue.Of(Fields.Of(("src", value), ("list", new object?[] { 1 }))));

    public static GlobalParameterEntry GlobalParameter(string name = "g", string value = "x") =>
        new(name, FieldValue.Of(value));

    public static RemovalEntry Remove(DefinitionsEntry entry) => new(entry.Key);

    /// <summary>What nodes say of themselves.</summary>
    public static DefinitionsEntry[] OfNodes() =>
    [
        new SessionEntry(Node(1), 7, 2, 1234), new SessionEntry(Node(2), 1, 1, 0),
        new MemberEntry(Node(1), "rabbit@host1", "10.0.0.1:25672"), new HomesEntry(Node(1)),
        new ForgottenEntry(Node(3), "rabbit@host3", "rabbit@host1", 1_700_000_000_000),
    ];

    public static NodeId Node(int number) => new(new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]));

    /// <summary>One of each kind that clients and operators make, each needing only those before it.</summary>
    public static DefinitionsEntry[] All() =>
    [
        Vhost(), DescribedVhost(), User(), Permission(), TopicPermission(), Policy(), Policy(isOperators: true),
        Parameter(), GlobalParameter(), Exchange(), Exchange("y"), Queue(), Binding(),
        Binding(queue: "y", kind: DestinationKind.Exchange),
    ];
}
