using System.Text;
using Warren.Amqp;
using Warren.Broker.Definitions.Import;
using Warren.Broker.Policies;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Server.Definitions;
using Xunit;

namespace Warren.Server.Tests.Definitions;

public class DefinitionsReaderTests
{
    private const string Exported = """
        {
          "rabbit_version": "3.13.7", "rabbitmq_version": "3.13.7", "product_name": "RabbitMQ",
          "users": [
            {"name": "admin", "password_hash": "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR",
             "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ["administrator"],
             "limits": {"max-connections": 5, "max-channels": -1}},
            {"name": "plain", "password": "secret", "tags": "monitoring, policymaker", "limits": []},
            {"name": "cert", "password_hash": "", "tags": []}
          ],
          "vhosts": [
            {"name": "/", "limits": [], "metadata": {"description": "d", "tags": [], "default_queue_type": "quorum"}},
            {"name": "b", "description": "old", "metadata": {"default_queue_type": "undefined"},
             "limits": {"max-queues": 7}}
          ],
          "permissions": [{"user": "admin", "vhost": "/", "configure": ".*", "write": "^w", "read": ""}],
          "topic_permissions": [
            {"user": "admin", "vhost": "/", "exchange": "amq.topic", "write": "^{username}$", "read": ".*"}],
          "parameters": [
            {"vhost": "/", "component": "vhost-limits", "name": "limits", "value": {"max-connections": 9}},
            {"vhost": "/", "component": "shovel", "name": "s", "value": {"src-queue": "q"}},
            {"vhost": "/", "component": "operator_policy", "name": "op", "value":
              {"pattern": "^h", "definition": {"max-length": 5}, "priority": 1, "apply-to": "queues"}}],
          "global_parameters": [
            {"name": "cluster_name", "value": "rabbit@site"}, {"name": "mqtt_port_to_vhost", "value": {"1883": "b"}}],
          "policies": [
            {"vhost": "/", "name": "ha", "pattern": "^ha", "apply-to": "queues", "priority": 3,
             "definition": {"ha-mode": "all", "max-length": 10}}],
          "exchanges": [
            {"name": "", "vhost": "/", "type": "direct", "durable": true, "auto_delete": false, "arguments": {}},
            {"name": "amq.topic", "vhost": "/", "type": "topic", "durable": true, "auto_delete": false},
            {"name": "x", "vhost": "/", "type": "fanout", "durable": false, "auto_delete": true, "internal": true,
             "arguments": {"alternate-exchange": "ae"}}],
          "queues": [
            {"name": "q", "vhost": "/", "type": "classic", "durable": true, "auto_delete": false, "arguments":
              {"x-max-length": 10, "x-dead-letter-exchange": "", "x-single-active-consumer": true, "f": 1.5,
               "list": [1, "a"], "table": {"k": null}, "big": 4294967296}},
            {"name": "amq.gen-x", "vhost": "/", "durable": true, "auto_delete": false, "arguments": []}],
          "bindings": [
            {"source": "x", "vhost": "/", "destination": "q", "destination_type": "queue", "routing_key": "k",
             "arguments": {}},
            {"source": "x", "vhost": "/", "destination": "amq.topic", "destination_type": "exchange",
             "routing_key": ""},
            {"source": "", "vhost": "/", "destination": "q", "destination_type": "queue", "routing_key": "q"}],
          "federations": []
        }
        """;

    private readonly DefinitionsDocument _document = Read(Exported);

    [Fact]
    public void Users_come_with_what_they_log_in_with()
    {
        ImportedUser[] users = [.. _document.Users];

        Assert.Equal(["admin", "plain", "cert"], users.Select(user => user.Name));
        Assert.True(users[0].ToUser(PasswordHashing.Sha256, default).PasswordHash.Verify("test12"u8));
        Assert.True(users[1].ToUser(PasswordHashing.Sha512, [1, 2, 3, 4]).PasswordHash.Verify("secret"u8));
        Assert.Same(PasswordHash.None, users[2].ToUser(PasswordHashing.Sha256, default).PasswordHash);
        Assert.Equal(["monitoring", "policymaker"], users[1].Tags);
        Assert.Equal(new UserLimits(5, null), users[0].Limits);
        Assert.Equal(UserLimits.None, users[1].Limits);
    }

    [Fact]
    public void Vhosts_come_with_their_type_and_limits()
    {
        ImportedVhost[] vhosts = [.. _document.Vhosts];

        Assert.Equal(("/", "d", "quorum"), (vhosts[0].Name, vhosts[0].Description, vhosts[0].DefaultQueueType));
        Assert.Equal(("b", "old", null), (vhosts[1].Name, vhosts[1].Description, vhosts[1].DefaultQueueType));
        Assert.Equal(new VhostLimits(null, 7), vhosts[1].Limits);
        Assert.Equal([new ImportedVhostLimits("/", new VhostLimits(9, null))], _document.VhostLimits);
        Assert.Equal([], vhosts[0].Tags);
        Assert.Null(vhosts[1].Tags);
    }

    [Fact]
    public void Rights_come_compiled()
    {
        Permission permission = Assert.Single(_document.Permissions).Permission;
        Assert.True(permission.Allows(Access.Write, "work"));
        Assert.False(permission.Allows(Access.Read, "work"));
        TopicPermission topic = Assert.Single(_document.TopicPermissions).Permission;
        Assert.True(topic.Allows(Access.Write, "admin"));
        Assert.False(topic.Allows(Access.Write, "other"));
    }

    [Fact]
    public void Arguments_get_the_types_that_RabbitMQ_gives_them()
    {
        FieldTable arguments = Assert.Single(_document.Queues).Arguments;

        Assert.Equal(FieldValue.Of(10L), arguments["x-max-length"]);
        Assert.Equal(FieldValue.Of(""), arguments["x-dead-letter-exchange"]);
        Assert.Equal(FieldValue.Of(true), arguments["x-single-active-consumer"]);
        Assert.Equal(FieldValue.Of(1.5), arguments["f"]);
        Assert.Equal(FieldValue.Of(new FieldArray(FieldValue.Of(1L), FieldValue.Of("a"))), arguments["list"]);
        Assert.Equal(FieldValue.Void, arguments["table"].AsTable()["k"]);
        Assert.Equal(FieldValue.Of(4_294_967_296), arguments["big"]);
    }

    [Fact]
    public void The_brokers_own_things_are_passed_over()
    {
        ImportedExchange exchange = Assert.Single(_document.Exchanges);
        Assert.Equal(
            ("x", "fanout", false, true, true),
            (exchange.Name, exchange.Type, exchange.Durable, exchange.AutoDelete, exchange.Internal));
        Assert.Equal(["q", "amq.topic"], _document.Bindings.Select(binding => binding.Destination));
        Assert.True(_document.Bindings[1].ToExchange);
    }

    [Fact]
    public void Policies_come_checked_and_sorted()
    {
        Assert.Equal([false, true], _document.Policies.Select(policy => policy.IsOperators));
        Policy policy = _document.Policies[0].Policy;
        Assert.Equal(
            ("ha", "^ha", PolicyTarget.Queues, 3),
            (policy.Name, policy.Pattern.Text, policy.Target, policy.Priority));
        Assert.Equal("all", policy.Definition["ha-mode"].AsText());
        Assert.Equal(5, Number(_document.Policies[1].Policy.Definition["max-length"]));
    }

    [Fact]
    public void Parameters_are_kept_and_told_of()
    {
        Assert.Equal([new ParameterName("shovel", "s")], _document.Parameters.Select(parameter => parameter.Name));
        Assert.Equal(["cluster_name", "mqtt_port_to_vhost"], _document.GlobalParameters.Select(each => each.Name));
        Assert.Equal("""{"1883":"b"}""", JsonFields.Text(_document.GlobalParameters[1].Value));
        Assert.Equal(
            [
                "definitions: section 'federations' is unknown and passed over",
                "definitions: parameter 's' of 'shovel' is kept, but nothing uses it yet",
                "definitions: exchange '' in vhost '/' is the broker's own; passed over",
                "definitions: exchange 'amq.topic' in vhost '/' is the broker's own; passed over",
                "definitions: queue 'amq.gen-x' in vhost '/' has a name that only the broker gives; passed over",
                "definitions: the binding of 'q' in vhost '/' to the default exchange is implied; passed over",
            ],
            _document.Warnings);
    }

    /// <summary>As rabbitmqctl of 3.10 exports objects that Erlang keeps as lists.</summary>
    [Fact]
    public void A_list_of_pairs_is_an_object()
    {
        DefinitionsDocument document = Read("""
            {"vhosts": [{"name": "v", "limits": [["max-connections", 100], ["max-queues", -1]]}],
             "global_parameters": [{"name": "g", "value": [["a", 1], ["b", [["c", 2]]]]},
              {"name": "h", "value": [["a", 1], 5]}]}
            """);
        Assert.Equal(new VhostLimits(100, null), document.Vhosts[0].Limits);
        Assert.Equal("""{"a":1,"b":[["c",2]]}""", JsonFields.Text(document.GlobalParameters[0].Value));
        Assert.Equal("""[["a",1],5]""", JsonFields.Text(document.GlobalParameters[1].Value));
    }

    [Fact]
    public void A_document_of_one_vhost_belongs_where_it_is_read_for()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("""
            {"users": [5], "queues": [{"name": "q"}],
             "policies": [{"name": "p", "pattern": ".*", "definition": {"max-length": 1}}],
             "parameters": [{"component": "vhost-limits", "name": "limits", "value": {"max-queues": 3}}]}
            """));
        DefinitionsDocument document = DefinitionsReader.Read(stream, vhost: "v");
        Assert.Equal("v", Assert.Single(document.Queues).Vhost);
        Assert.Equal("v", Assert.Single(document.Policies).Vhost);
        Assert.Equal("v", Assert.Single(document.VhostLimits).Vhost);
        Assert.Empty(document.Users);
    }

    [Theory]
    [InlineData("[]", "the document must be an object, but is a list")]
    [InlineData("{\"users\": {}}", "users must be a list, but is an object")]
    [InlineData("{\"users\": [5]}", "users[0] must be an object, but is a number")]
    [InlineData("{\"users\": [{\"tags\": []}]}", "users[0].name is missing")]
    [InlineData("{\"users\": [{\"name\": \"\"}]}", "users[0].name must not be empty")]
    [InlineData(
        "{\"users\": [{\"name\": \"u\", \"tags\": [5]}]}", "users[0].tags[0] must be a string, but is a number")]
    [InlineData("{\"users\": [{\"name\": \"u\", \"password_hash\": \"!\"}]}", "users[0].password_hash is not base64")]
    [InlineData(
        "{\"users\": [{\"name\": \"u\", \"password_hash\": \"\", \"hashing_algorithm\": \"bcrypt\"}]}",
        "users[0].hashing_algorithm must be rabbit_password_hashing_sha256, _sha512 or _md5, but is 'bcrypt'")]
    [InlineData(
        "{\"users\": [{\"name\": \"u\", \"password_hash\": \"\", \"password\": \"\"}]}",
        "users[0] has both password and password_hash; one of them must go")]
    [InlineData(
        "{\"users\": [{\"name\": \"u\", \"limits\": {\"max-channels\": \"5\"}}]}",
        "users[0].limits.max-channels must be a whole number, but is a string")]
    [InlineData(
        "{\"vhosts\": [{\"name\": \"v\", \"metadata\": {\"default_queue_type\": \"nope\"}}]}",
        "vhosts[0].metadata.default_queue_type must be classic, quorum or stream, but is 'nope'")]
    [InlineData(
        "{\"permissions\": [{\"user\": \"u\", \"vhost\": \"/\", \"configure\": \"(\", "
            + "\"write\": \"\", \"read\": \"\"}]}",
        "permissions[0].configure is no usable pattern: '(' is not a regular expression: Not enough )'s at offset 1")]
    [InlineData(
        "{\"queues\": [{\"name\": \"q\", \"vhost\": \"/\", \"durable\": \"yes\"}]}",
        "queues[0].durable must be true or false, but is a string")]
    [InlineData("{\"queues\": [{\"name\": \"q\"}]}", "queues[0].vhost is missing")]
    [InlineData(
        "{\"policies\": [{\"name\": \"p\", \"vhost\": \"/\", \"pattern\": \"a\", \"definition\": {\"foo\": 1}}]}",
        "policies[0] cannot be used: Validation failed  [{<<\"foo\">>,1}] are not recognised policy settings")]
    [InlineData(
        "{\"bindings\": [{\"source\": \"x\", \"vhost\": \"/\", \"destination\": \"q\", "
            + "\"destination_type\": \"topic\"}]}",
        "bindings[0].destination_type must be queue or exchange, but is 'topic'")]
    public void A_wrong_shape_is_told_by_its_place(string json, string expected) =>
        Assert.Equal(expected, Assert.Throws<DefinitionsException>(() => Read(json)).Message);

    [Fact]
    public void What_is_not_JSON_is_told_by_its_place() =>
        Assert.Contains(
            "LineNumber: 0",
            Assert.Throws<DefinitionsException>(() => Read("{\"users\": ")).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("3.5.7", PasswordHashing.Md5)]
    [InlineData("3.6.0", PasswordHashing.Sha256)]
    [InlineData("3.13.7", PasswordHashing.Sha256)]
    public void Old_hashes_that_do_not_say_are_MD5(string version, PasswordHashing hashing)
    {
        string hash = PasswordHash.Create("p", hashing, [1, 2, 3, 4]).ToBase64();
        DefinitionsDocument document = Read(
            $$"""
            {"rabbit_version": "{{version}}", "users": [{"name": "u", "password_hash": "{{hash}}", "tags": ""}]}
            """);

        Assert.True(document.Users[0].ToUser(PasswordHashing.Sha256, default).PasswordHash.Verify("p"u8));
    }

    [Fact]
    public void A_byte_order_mark_is_no_obstacle() => Assert.Empty(Read("\uFEFF{}").Users);

    private static long Number(FieldValue value) => value.TryGetInteger(out long number) ? number : -1;

    private static DefinitionsDocument Read(string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return DefinitionsReader.Read(stream);
    }
}
