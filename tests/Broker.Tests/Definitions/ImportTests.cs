using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Definitions.Import;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Tests.Policies;
using Warren.Broker.Topology;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

/// <summary>A document is applied at each start, by the same path as everything else.</summary>
public sealed class ImportTests
{
    private static readonly DefinitionsDocument Document = new()
    {
        Users =
        [
            new ImportedUser("clear", null, "secret", ["administrator"], UserLimits.None),
            new ImportedUser(
                "hashed", PasswordHash.Create("p", PasswordHashing.Sha256, [1, 2, 3, 4]), null, [], UserLimits.None),
        ],
        Vhosts =
        [
            new ImportedVhost("/", null, null, null, VhostLimits.None),
            new ImportedVhost("v", "a vhost", ["t"], "classic", VhostLimits.None),
        ],
        VhostLimits = [new ImportedVhostLimits("v", new VhostLimits(null, 5))],
        Permissions =
        [
            new ImportedPermission("clear", "v", new Permission(
                NamePattern.Everything, NamePattern.Compile("^a"), NamePattern.Compile(""))),
        ],
        TopicPermissions = [new ImportedTopicPermission("clear", "v", "amq.topic", Topic())],
        GlobalParameters = [new ImportedGlobalParameter("cluster_name", FieldValue.Of("warren@site"))],
        Policies =
        [
            new ImportedPolicy("v", Make("short", Fields.Of(("max-length", 3), ("federation-upstream", "u"))), false),
            new ImportedPolicy("v", Make("shorter", Fields.Of(("max-length", 2))), true),
        ],
        Parameters =
        [
            new ImportedParameter("v", new ParameterName("shovel", "s"), FieldValue.Of(Fields.Of(("b", 1), ("a", 2)))),
        ],
        Exchanges =
        [
            new ImportedExchange(
                "v", "x", "topic", true, false, false, Fields.Of(("alternate-exchange", "amq.fanout"))),
        ],
        Queues =
        [
            new ImportedQueue("v", "q", true, false, Fields.Of(("x-max-length", 7))),
            new ImportedQueue("v", "passing", false, false, FieldTable.Empty),
        ],
        Bindings = [new ImportedBinding("v", "x", "q", false, "#", FieldTable.Empty)],
    };

    private readonly MemoryDisk _disk = new();

    [Fact]
    public void A_document_is_written_once_and_comes_back_without_it()
    {
        string first;
        using (var node = new DefinitionsNode(_disk))
        {
            Import(node, Document);
            node.Commit();
            first = node.Text;
            Assert.Contains("binding v x -> Queue q", first, StringComparison.Ordinal);
            Assert.Contains("MaxQueues = 5", first, StringComparison.Ordinal);
            Assert.Contains("policy v short", first, StringComparison.Ordinal);
            Assert.Contains("parameter v", first, StringComparison.Ordinal);
            Assert.Equal(
                ["policy 'short' in vhost 'v': 'federation-upstream' is kept, but without effect until Warren has "
                    + "federation"],
                node.Lines);
        }
        using (var node = new DefinitionsNode(_disk))
        {
            Assert.Equal(first, node.Text);
            // What is not durable has gone.
            Import(node, Document);
            node.Commit();
            long before = node.Log.WrittenBytes;
            Import(node, Document);
            node.Commit();
            Assert.Equal(before, node.Log.WrittenBytes);
            Assert.Equal(first, node.Text);
            Assert.True(node.Store.FindVhost("v")!.Queues.TryGetValue("passing", out QueueDefinition? passing));
            Assert.Equal(2, passing.Home.Settings.MaxLength);
            Assert.Equal("warren@site", node.Broker.ClusterName);
            Assert.Empty(node.Lines);
        }
    }

    [Fact]
    public void A_changed_document_overrules_what_it_names_and_leaves_the_rest()
    {
        using (var node = new DefinitionsNode(_disk))
        {
            Import(node, Document);
            node.Do(Samples.Queue("own"));
            node.Commit();
        }
        using (var node = new DefinitionsNode(_disk))
        {
            Import(node, Document with
            {
                Users = [Document.Users[0] with { Password = "other" }],
                VhostLimits = [new ImportedVhostLimits("v", new VhostLimits(null, 6))],
            });
            node.Commit();
        }
        using (var node = new DefinitionsNode(_disk))
        {
            Assert.True(node.Broker.Security.TryGetUser("clear", out User? user));
            Assert.True(user.PasswordHash.Verify("other"u8));
            Assert.Equal(6, node.Broker.Security.LimitsOf("v").MaxQueues);
            Assert.True(node.Store.FindVhost("v")!.Queues.Contains("own"));
            Import(node, new DefinitionsDocument
            {
                Vhosts = [new ImportedVhost("v", null, null, null, VhostLimits.None)],
            });
            Vhost vhost = node.Store.FindVhost("v")!;
            Assert.Equal(6, node.Broker.Security.LimitsOf("v").MaxQueues);
            Assert.Equal(("classic", "a vhost", "t"), (vhost.DefaultQueueType, vhost.Description, vhost.Tags[0]));
        }
    }

    public static TheoryData<string, string> Misfits => new()
    {
        { "binding", "no queue 'nowhere' in vhost 'v'" },
        { "permission", "name the user 'nobody', whom there is not" },
        { "limits", "name the vhost 'z'" },
        { "exchange", "tropic" },
        { "policy", "vhost z not found" },
        { "parameter", "vhost z not found" },
        {
            "queues",
            "Adding 2 queue(s) to virtual host \"v\" would exceed the limit of 1 queue(s).\n\n"
            + "This virtual host currently has 0 queue(s) defined.\n\nImport aborted!"
        },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void A_document_that_does_not_fit_changes_nothing(string what, string reason)
    {
        using var node = new DefinitionsNode(_disk);
        if (what == "queues")
            node.Do(new VhostEntry("v", null, new VhostLimits(null, 1)));
        node.Commit();
        string before = node.Text;
        TopologySnapshot topology = node.Broker.Topology;
        DefinitionsException error = Assert.Throws<DefinitionsException>(() => Import(node, Misfit(what)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Same(topology, node.Broker.Topology);
        Assert.Equal(before, node.Text);
    }

    private static DefinitionsDocument Misfit(string what) => what switch
    {
        "binding" => Document with { Bindings = [Document.Bindings[0] with { Destination = "nowhere" }] },
        "permission" => Document with { Permissions = [Document.Permissions[0] with { User = "nobody" }] },
        "limits" => Document with { VhostLimits = [Document.VhostLimits[0] with { Vhost = "z" }] },
        "exchange" => Document with { Exchanges = [Document.Exchanges[0] with { Type = "tropic" }] },
        "queues" => Document with { VhostLimits = [] },
        "policy" => Document with { Policies = [Document.Policies[0] with { Vhost = "z" }] },
        _ => Document with { Parameters = [Document.Parameters[0] with { Vhost = "z" }] },
    };

    private static TopicPermission Topic()
    {
        Assert.True(TopicPermission.TryCreate(
            "^a", "{username}", "clear", "v", null, out TopicPermission? permission, out _));
        return permission;
    }

    private static Policy Make(string name, FieldTable definition) =>
        new(name, NamePattern.Everything, PolicyTarget.All, 0, definition);

    private static void Import(DefinitionsNode node, DefinitionsDocument document)
    {
        ImportApplication.Apply(node.Store, document);
        node.Run();
    }
}
