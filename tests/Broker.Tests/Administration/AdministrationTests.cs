using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Tests.Policies;
using Warren.Broker.Topology;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Administration;

/// <summary>
/// The operator's operations: what they change, that it is durable when they say so, and RabbitMQ's texts
/// (CTL-GROUND-TRUTH where it was recorded).
/// </summary>
public sealed class AdministrationTests : IDisposable
{
    private readonly MemoryDisk _disk = new();
    private readonly AdministrationNode _node;

    public AdministrationTests() => _node = new AdministrationNode(_disk);

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Users_come_change_and_go()
    {
        _node.Do(admin => admin.Users.AddAsync("u1", "pw1"));
        Refused(AdministrationFailure.AlreadyExists, "User \"u1\" already exists",
            admin => admin.Users.AddAsync("u1", "other"));
        Assert.Null(Authenticate("u1", "pw1"));
        Assert.Equal("user 'u1' - invalid credentials", Authenticate("u1", "wrong"));
        Assert.Equal("user 'nobody' - invalid credentials", Authenticate("nobody", "wrong"));

        _node.Do(admin => admin.Users.ChangePasswordAsync("u1", "pw2"));
        Assert.Null(Authenticate("u1", "pw2"));
        _node.Do(admin => admin.Users.ClearPasswordAsync("u1"));
        Assert.Equal("user 'u1' - invalid credentials", Authenticate("u1", "pw2"));
        _node.Do(admin => admin.Users.SetTagsAsync("u1", ["administrator", "own", "own"]));
        Assert.Equal(["administrator", "own"], _node.Operator.Users.Get("u1").Tags);
        _node.DoNothing(admin => admin.Users.SetTagsAsync("u1", ["administrator", "own"]));

        _node.Do(admin => admin.Users.DeleteAsync("u1"));
        NoUser("u1", admin => admin.Users.DeleteAsync("u1"));
        NoUser("nosuch", admin => admin.Users.ChangePasswordAsync("nosuch", "x"));
        NoUser("nosuch", admin => admin.Users.ClearPasswordAsync("nosuch"));
        NoUser("nosuch", admin => admin.Users.SetTagsAsync("nosuch", []));
        Assert.Equal(["guest"], _node.Operator.Users.List().Select(user => user.Name));
    }

    [Fact]
    public void A_blank_password_lets_nobody_in()
    {
        _node.Do(admin => admin.Users.AddAsync("u3", ""));
        Assert.StartsWith("user 'u3' attempted to log in with a blank password", Authenticate("u3", ""),
            StringComparison.Ordinal);
        Assert.NotNull(Authenticate("u3", "x"));
        Assert.Equal(
            "user cannot be an empty string",
            _node.Refused(admin => admin.Users.AddAsync("", "x")).Message);
    }

    [Fact]
    public void Hashes_made_elsewhere_are_taken()
    {
        PasswordHash made = PasswordHash.Create("p", PasswordHashing.Sha512, [1, 2, 3, 4]);
        PasswordHash hash = _node.Operator.Users.ReadHash(made.ToBase64(), "rabbit_password_hashing_sha512");
        _node.Do(admin => admin.Users.AddAsync("h", hash, ["monitoring"]));
        Assert.Null(Authenticate("h", "p"));
        _node.Do(admin => admin.Users.PutAsync("h", made, [], Fields.Of(("max-channels", 5))));
        User user = _node.Operator.Users.Get("h");
        Assert.Equal(new UserLimits(null, 5), user.Limits);
        Assert.Empty(user.Tags);
        Assert.Equal("password hash is not base64", ReadHash("!", null));
        Assert.Equal("hashing algorithm 'bcrypt' is not known", ReadHash("", "bcrypt"));
    }

    [Fact]
    public void Limits_of_users()
    {
        _node.Do(admin => admin.Users.SetLimitsAsync("guest", Fields.Of(("max-connections", 5))));
        _node.Do(admin => admin.Users.SetLimitsAsync("guest", Fields.Of(("max-channels", 7))));
        Assert.Equal(new UserLimits(5, 7), _node.Operator.Users.Get("guest").Limits);
        Assert.Equal(
            "Unrecognised terms [{<<\"bogus\">>,5}] in user-limits",
            _node.Refused(admin => admin.Users.SetLimitsAsync("guest", Fields.Of(("bogus", 5)))).Message);
        Assert.Equal(
            "max-channels should be a number, actually was <<\"a\">>",
            _node.Refused(admin => admin.Users.SetLimitsAsync("guest", Fields.Of(("max-channels", "a")))).Message);
        _node.Do(admin => admin.Users.ClearLimitsAsync("guest", "max-connections"));
        Assert.Equal(new UserLimits(null, 7), _node.Operator.Users.Get("guest").Limits);
        _node.Do(admin => admin.Users.SetLimitsAsync("guest", Fields.Of(("max-channels", -1))));
        Assert.Equal(UserLimits.None, _node.Operator.Users.Get("guest").Limits);
        _node.Do(admin => admin.Users.SetLimitsAsync("guest", Fields.Of(("max-channels", 0))));
        _node.Do(admin => admin.Users.ClearLimitsAsync("guest", "all"));
        Assert.Equal(UserLimits.None, _node.Operator.Users.Get("guest").Limits);
    }

    [Fact]
    public void Vhosts_come_change_and_go_with_all_that_is_in_them()
    {
        _node.Do(admin => admin.Vhosts.AddAsync(
            "v", new VhostMetadata { Description = "third", Tags = ["x", "y"], DefaultQueueType = "quorum" }));
        _node.DoNothing(admin => admin.Vhosts.AddAsync("v", new VhostMetadata { Description = "other" }));
        VhostSummary vhost = _node.Operator.Vhosts.Get("v");
        Assert.Equal(("third", "quorum"), (vhost.Description, vhost.DefaultQueueType));
        _node.Do(admin => admin.Vhosts.UpdateAsync("v", new VhostMetadata { Tags = ["z"] }));
        Assert.Equal(["z"], _node.Operator.Vhosts.Get("v").Tags);
        Assert.Equal("third", _node.Operator.Vhosts.Get("v").Description);
        Assert.Equal(
            "Default queue type must be one of: quorum, stream, classic. Provided: lazy",
            _node.Refused(admin => admin.Vhosts.PutAsync("v", new VhostMetadata { DefaultQueueType = "lazy" }))
                .Message);
        _node.Do(admin => admin.Policies.SetAsync("v", "p", ".*", Fields.Of(("max-length", 5))));
        _node.Do(admin => admin.Permissions.SetAsync("guest", "v", "", "", ""));
        _node.Node.Do(Samples.Queue());
        _node.Node.Do(Samples.Parameter());

        string before = DefinitionsText.Of(_node.Node.Broker);
        Assert.Contains("policy v p", before, StringComparison.Ordinal);
        _node.Do(admin => admin.Vhosts.DeleteAsync("v"));
        Assert.DoesNotContain(" v ", DefinitionsText.Of(_node.Node.Broker), StringComparison.Ordinal);
        AdministrationException refusal = _node.Refused(admin => admin.Vhosts.DeleteAsync("v"));
        Assert.Equal(
            (AdministrationFailure.NoSuchVhost, "v", "Virtual host 'v' does not exist"),
            (refusal.Failure, refusal.Subject, refusal.Message));
        Assert.Equal("Default virtual host", _node.Operator.Vhosts.Get("/").Description);
    }

    [Fact]
    public void Limits_of_vhosts_are_replaced_together_and_show_up_as_a_parameter()
    {
        _node.Do(admin => admin.Vhosts.SetLimitsAsync("/", Fields.Of(("max-queues", 10))));
        _node.Do(admin => admin.Vhosts.SetLimitsAsync("/", Fields.Of(("max-connections", 4))));
        Assert.Equal(new VhostLimits(4, null), _node.Operator.Vhosts.Get("/").Limits);
        _node.Do(admin => admin.Vhosts.UpdateLimitsAsync("/", Fields.Of(("max-queues", 3))));
        ParameterSummary parameter = Assert.Single(_node.Operator.Parameters.List("/"));
        Assert.Equal(("vhost-limits", "limits"), (parameter.Component, parameter.Name));
        Assert.Equal(Fields.Of(("max-connections", 4), ("max-queues", 3)), parameter.Value.AsTable());
        Assert.Equal(
            "Validation failed\n\nUnrecognised terms [{<<\"bogus\">>,5}] in limits\n",
            _node.Refused(admin => admin.Vhosts.UpdateLimitsAsync("/", Fields.Of(("bogus", 5)))).Message);
        Assert.Equal(
            "Validation failed\n\nmax-queues should be a number, actually was <<\"a\">>\n",
            _node.Refused(admin => admin.Vhosts.SetLimitsAsync("/", Fields.Of(("max-queues", "a")))).Message);
        _node.Do(admin => admin.Vhosts.ClearLimitsAsync("/", "max-queues"));
        _node.Do(admin => admin.Parameters.ClearAsync("/", "vhost-limits", "limits"));
        Assert.Equal(VhostLimits.None, _node.Operator.Vhosts.Get("/").Limits);
        _node.Do(admin => admin.Parameters.SetAsync(
            "/", "vhost-limits", "limits", FieldValue.Of(Fields.Of(("max-queues", 3)))));
        Assert.Equal(new VhostLimits(null, 3), _node.Operator.Vhosts.Get("/").Limits);
    }

    [Fact]
    public void Permissions()
    {
        _node.Do(admin => admin.Users.AddAsync("u1", "p"));
        _node.Do(admin => admin.Vhosts.AddAsync("v1"));
        _node.Do(admin => admin.Permissions.SetAsync("u1", "v1", "^a", "^b", "^c"));
        _node.DoNothing(admin => admin.Permissions.SetAsync("u1", "v1", "^a", "^b", "^c"));
        Assert.Equal(
            [new PermissionSummary("u1", "v1", "^a", "^b", "^c")], _node.Operator.Permissions.List(vhost: "v1"));
        AdministrationException refusal = _node.Refused(
            admin => admin.Permissions.SetAsync("u1", "/", "(", ".*", ".*"));
        Assert.Equal(
            (AdministrationFailure.InvalidPattern, "{:invalid_regexp, '(', {'missing )', 1}}"),
            (refusal.Failure, refusal.Message));
        Assert.Equal(new PatternError("missing )", 1), refusal.Pattern);
        NoUser("nosuch", admin => admin.Permissions.SetAsync("nosuch", "/", "", "", ""));
        NoVhost("nosuch", admin => admin.Permissions.SetAsync("u1", "nosuch", "", "", ""));
        NoVhost("nosuch", admin => admin.Permissions.ClearAsync("u1", "nosuch"));

        _node.Do(admin => admin.Permissions.SetGloballyAsync("u1", "", "", ".*"));
        Assert.Equal(["/", "v1"], _node.Operator.Permissions.List("u1").Select(each => each.Vhost));
        Assert.Equal(3, _node.Operator.Permissions.List().Length);
        _node.Do(admin => admin.Permissions.ClearAsync("u1", "v1"));
        _node.DoNothing(admin => admin.Permissions.ClearAsync("u1", "v1"));
        Assert.Throws<AdministrationException>(() => _node.Operator.Permissions.List("nosuch"));
        Assert.Throws<AdministrationException>(() => _node.Operator.Permissions.List(vhost: "nosuch"));
    }

    [Fact]
    public void Topic_permissions()
    {
        _node.Do(admin => admin.Permissions.SetTopicAsync("guest", "/", "amq.topic", "^a", "^{username}"));
        _node.Do(admin => admin.Permissions.SetTopicAsync("guest", "/", "other", "^a", "^b"));
        Assert.Equal(
            [
                new TopicPermissionSummary("guest", "/", "amq.topic", "^a", "^{username}"),
                new TopicPermissionSummary("guest", "/", "other", "^a", "^b"),
            ],
            _node.Operator.Permissions.ListTopics("guest"));
        _node.Do(admin => admin.Permissions.ClearTopicAsync("guest", "/", "other"));
        Assert.Single(_node.Operator.Permissions.ListTopics());
        _node.Do(admin => admin.Permissions.ClearTopicAsync("guest", "/"));
        Assert.Empty(_node.Operator.Permissions.ListTopics());
        Assert.Equal(
            AdministrationFailure.InvalidPattern,
            _node.Refused(admin => admin.Permissions.SetTopicAsync("guest", "/", "x", "[", "")).Failure);
        NoUser("nosuch", admin => admin.Permissions.ClearTopicAsync("nosuch", "/"));
    }

    [Fact]
    public void Policies_are_set_listed_and_cleared()
    {
        _node.Do(admin => admin.Policies.SetAsync("/", "p2", "^y", Fields.Of(("max-length", 1)), 1, "queues"));
        _node.Do(admin => admin.Policies.SetAsync(
            "/", "p1", "^x", Fields.Of(("message-ttl", 1000), ("max-length", 5)), 3, "queues"));
        _node.Do(admin => admin.Policies.SetAsync("/", "p0", "^x", Fields.Of(("max-length", 5)), 1));
        Assert.Equal(["p0", "p2", "p1"], _node.Operator.Policies.List("/").Select(each => each.Policy.Name));
        Policy policy = _node.Operator.Policies.Get("/", "p1");
        Assert.Equal(["max-length", "message-ttl"], policy.Definition.Select(field => field.Key));
        Assert.Empty(_node.Operator.OperatorPolicies.List());
        _node.DoNothing(admin => admin.Policies.SetAsync(
            "/", "p1", "^x", Fields.Of(("max-length", 5), ("message-ttl", 1000)), 3, "queues"));
        Assert.Equal(
            "Validation failed\n\n[{<<\"bogus\">>,1}] are not recognised policy settings\n",
            _node.Refused(admin => admin.Policies.SetAsync("/", "p2", "^x", Fields.Of(("bogus", 1)))).Message);
        NoVhost("nosuch", admin => admin.Policies.SetAsync("nosuch", "p", "^x", Fields.Of(("max-length", 1))));

        _node.Do(admin => admin.Policies.ClearAsync("/", "p1"));
        Refused(AdministrationFailure.NotFound, "Parameter does not exist",
            admin => admin.Policies.ClearAsync("/", "p1"));
    }

    [Fact]
    public void Operator_policies_are_parameters_too()
    {
        _node.Do(admin => admin.OperatorPolicies.SetAsync(
            "/", "maxlen", "^orders", Fields.Of(("max-length", 500)), applyTo: "queues"));
        ParameterSummary parameter = Assert.Single(_node.Operator.Parameters.List());
        Assert.Equal(("operator_policy", "maxlen"), (parameter.Component, parameter.Name));
        Assert.Equal(
            ["pattern", "definition", "priority", "apply-to"], parameter.Value.AsTable().Select(field => field.Key));
        Assert.Equal(
            "Validation failed\n\n[{<<\"dead-letter-exchange\">>,<<\"a\">>}] are not recognised policy settings\n",
            _node.Refused(admin => admin.OperatorPolicies.SetAsync(
                "/", "op2", "^x", Fields.Of(("dead-letter-exchange", "a")))).Message);
        _node.Do(admin => admin.Parameters.SetAsync("/", "operator_policy", "second", parameter.Value));
        Assert.Equal("^orders", _node.Operator.OperatorPolicies.Get("/", "second").Pattern.Text);
        _node.Do(admin => admin.Parameters.ClearAsync("/", "operator_policy", "second"));
        Assert.Single(_node.Operator.OperatorPolicies.List());
    }

    [Fact]
    public void Parameters()
    {
        FieldValue value = FieldValue.Of("guest");
        Assert.Equal(
            "Validation failed\n\ncomponent federation not found\n",
            _node.Refused(admin => admin.Parameters.SetAsync("/", "federation", "local-username", value)).Message);
        Assert.Equal(
            "policies may not be set using this method",
            _node.Refused(admin => admin.Parameters.SetAsync("/", "policy", "p", value)).Message);
        Assert.Equal(
            "policies may not be cleared using this method",
            _node.Refused(admin => admin.Parameters.ClearAsync("/", "policy", "p")).Message);
        Assert.Equal(
            "Validation failed\n\nlimits not a list <<\"guest\">>\n",
            _node.Refused(admin => admin.Parameters.SetAsync("/", "vhost-limits", "limits", value)).Message);
        _node.Node.Do(Samples.Parameter(vhost: "/"));
        Assert.Equal("n", _node.Operator.Parameters.Get("/", "shovel", "n").Name);
        _node.Do(admin => admin.Parameters.ClearAsync("/", "shovel", "n"));
        Refused(AdministrationFailure.NotFound, "Parameter does not exist",
            admin => admin.Parameters.ClearAsync("/", "shovel", "n"));
        NoVhost("nosuch", admin => admin.Parameters.ClearAsync("nosuch", "shovel", "n"));
    }

    [Fact]
    public void Global_parameters_and_the_clusters_name()
    {
        Assert.Equal("rabbit@localhost", _node.Node.Broker.ClusterName);
        _node.Do(admin => admin.Parameters.SetGlobalAsync("g1", FieldValue.Of(Fields.Of(("b", 1), ("a", 2)))));
        _node.DoNothing(admin => admin.Parameters.SetGlobalAsync("g1", FieldValue.Of(Fields.Of(("a", 2), ("b", 1)))));
        _node.Do(admin => admin.Parameters.SetClusterNameAsync("warren@site"));
        Assert.Equal(["cluster_name", "g1"], _node.Operator.Parameters.Global().Keys);
        Assert.Equal("warren@site", _node.Node.Broker.ClusterName);
        _node.Do(admin => admin.Parameters.ClearGlobalAsync("g1"));
        Refused(AdministrationFailure.NotFound, "Parameter does not exist",
            admin => admin.Parameters.ClearGlobalAsync("g1"));
        _node.Dispose();
        using var again = new DefinitionsNode(_disk);
        Assert.Equal("warren@site", again.Broker.ClusterName);
        using var named = new DefinitionsNode(_disk, new BrokerOptions { ClusterName = "configured" });
        Assert.Equal("configured", named.Broker.ClusterName);
    }

    /// <summary>What a restart makes of a queue is what its policies say, whichever was there first.</summary>
    [Fact]
    public void Policies_hold_after_a_restart()
    {
        _node.Node.Do(Samples.Vhost());
        _node.Node.Do(Samples.Queue("older", arguments: FieldTable.Empty), Samples.Exchange("x-older"));
        _node.Do(admin => admin.Policies.SetAsync("v", "p", "", Fields.Of(("max-length", 1)), applyTo: "queues"));
        _node.Do(admin => admin.Policies.SetAsync("v", "p", "er$", Fields.Of(("max-length", 4))));
        _node.Do(admin => admin.Policies.SetAsync(
            "v", "ae", "^x-", Fields.Of(("alternate-exchange", "amq.fanout")), applyTo: "exchanges"));
        _node.Node.Do(Samples.Queue("younger", arguments: FieldTable.Empty), Samples.Exchange("x-younger"));
        _node.Node.Commit();
        string before = _node.Node.Text;
        Assert.Equal(4, Home("older").Settings.MaxLength);
        _node.Dispose();

        using var again = new DefinitionsNode(_disk);
        Assert.Equal(before, again.Text);
        Vhost vhost = again.Store.FindVhost("v")!;
        foreach (string name in (string[])["older", "younger"])
        {
            Assert.True(vhost.Queues.TryGetValue(name, out QueueDefinition? queue));
            Assert.Equal(4, queue.Home.Settings.MaxLength);
            Assert.True(vhost.Exchanges.TryGetValue($"x-{name}", out Exchange? exchange));
            Assert.Equal("amq.fanout", exchange.AlternateExchange);
        }
    }

    [Fact]
    public void What_a_policy_does_not_change_costs_its_queue_nothing()
    {
        _node.Node.Do(Samples.Vhost());
        _node.Node.Do(Samples.Queue("q", arguments: Fields.Of(("x-max-length", 2))));
        FieldTable longer = Fields.Of(("max-length", 9), ("queue-mode", "lazy"));
        Configures(new PolicyEntry("v", Make("a", longer), false), 0);
        Configures(new PolicyEntry("v", Make("a", Fields.Of(("max-length", 1))), false), 1);
        Configures(new PolicyEntry("v", Make("b", Fields.Of(("max-length", 0)), "^other"), false), 0);
        Configures(new PolicyEntry("v", Make("c", Fields.Of(("max-length", 1))), true), 0);
    }

    private void Configures(PolicyEntry entry, int configured)
    {
        Broker.Definitions.DefinitionsDraft draft = _node.Node.Store.NewDraft();
        draft.Add(entry);
        Assert.Equal(configured, draft.QueuesConfigured.Count);
        _node.Node.Store.Commit(draft);
        _node.Node.Run();
    }

    private Queue Home(string name)
    {
        Assert.True(_node.Node.Store.FindVhost("v")!.Queues.TryGetValue(name, out QueueDefinition? queue));
        return (Queue)queue.Home;
    }

    private static Policy Make(string name, FieldTable definition, string pattern = "q") =>
        new(name, NamePattern.Compile(pattern), PolicyTarget.All, 0, definition);

    private string? Authenticate(string name, string password) =>
        _node.Operator.Users.Authenticate(name, password);

    private string ReadHash(string base64, string? algorithm) => Assert.Throws<AdministrationException>(
        () => _node.Operator.Users.ReadHash(base64, algorithm)).Message;

    private void NoUser(string name, Func<BrokerAdministration, Task> operation) =>
        Refused(AdministrationFailure.NoSuchUser, $"User \"{name}\" does not exist", operation);

    private void NoVhost(string name, Func<BrokerAdministration, Task> operation) =>
        Refused(AdministrationFailure.NoSuchVhost, $"Virtual host '{name}' does not exist", operation);

    private void Refused(AdministrationFailure failure, string text, Func<BrokerAdministration, Task> operation)
    {
        AdministrationException refusal = _node.Refused(operation);
        Assert.Equal((failure, text), (refusal.Failure, refusal.Message));
    }
}
