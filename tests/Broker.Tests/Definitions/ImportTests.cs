using System.Text;
using Warren.Broker.Definitions.Import;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

/// <summary>A document is applied at each start, by the same path as everything else.</summary>
public sealed class ImportTests
{
    private const string Document = """
        {
          "users": [
            {"name": "clear", "password": "secret", "tags": "administrator"},
            {"name": "hashed", "password_hash": "AQIDBOXpP0iuvNn9NTzLbyFuSNG3BhNuyCWiQnXcB1K7Kh4Q",
             "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ["monitoring"]}
          ],
          "vhosts": [{"name": "/"}, {"name": "v", "metadata": {"default_queue_type": "classic"}}],
          "parameters": [
            {"vhost": "v", "component": "vhost-limits", "name": "limits", "value": {"max-queues": 5}}
          ],
          "permissions": [{"user": "clear", "vhost": "v", "configure": ".*", "write": "^a", "read": ""}],
          "topic_permissions": [
            {"user": "clear", "vhost": "v", "exchange": "amq.topic", "write": "^a", "read": "{username}"}
          ],
          "exchanges": [
            {"name": "x", "vhost": "v", "type": "topic", "durable": true, "auto_delete": false, "internal": false,
             "arguments": {"alternate-exchange": "amq.fanout"}}
          ],
          "queues": [
            {"name": "q", "vhost": "v", "durable": true, "auto_delete": false, "arguments": {"x-max-length": 7}},
            {"name": "passing", "vhost": "v", "durable": false, "auto_delete": false, "arguments": {}}
          ],
          "bindings": [
            {"source": "x", "vhost": "v", "destination": "q", "destination_type": "queue",
             "routing_key": "#", "arguments": {}}
          ]
        }
        """;

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
        }
        using (var node = new DefinitionsNode(_disk))
        {
            Assert.Equal(first, node.Text);
            node.Commit();
            long before = node.Log.WrittenBytes;
            Import(node, Document);
            node.Commit();
            Assert.Equal(before, node.Log.WrittenBytes);
            Assert.Equal(first, node.Text);
            Assert.True(node.Store.FindVhost("v")!.Queues.Contains("passing"));
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
            Import(node, Document.Replace("secret", "other", StringComparison.Ordinal)
                .Replace("\"max-queues\": 5", "\"max-queues\": 6", StringComparison.Ordinal));
            node.Commit();
        }
        using (var node = new DefinitionsNode(_disk))
        {
            Assert.True(node.Broker.Security.TryGetUser("clear", out User? user));
            Assert.True(user.PasswordHash.Verify("other"u8));
            Assert.Equal(6, node.Broker.Security.LimitsOf("v").MaxQueues);
            Assert.True(node.Store.FindVhost("v")!.Queues.Contains("own"));
            Import(node, """{"vhosts": [{"name": "v"}]}""");
            Assert.Equal(6, node.Broker.Security.LimitsOf("v").MaxQueues);
            Assert.Equal("classic", node.Store.FindVhost("v")!.DefaultQueueType);
        }
    }

    [Theory]
    [InlineData("\"destination\": \"q\"", "\"destination\": \"nowhere\"", "no queue 'nowhere' in vhost 'v'")]
    [InlineData("\"user\": \"clear\"", "\"user\": \"nobody\"", "name the user 'nobody', whom there is not")]
    [InlineData("\"vhost\": \"v\", \"component\"", "\"vhost\": \"z\", \"component\"", "name the vhost 'z'")]
    [InlineData("\"type\": \"topic\"", "\"type\": \"tropic\"", "tropic")]
    public void A_document_that_does_not_fit_changes_nothing(string part, string other, string reason)
    {
        using var node = new DefinitionsNode(_disk);
        node.Commit();
        string before = node.Text;
        TopologySnapshot topology = node.Broker.Topology;
        DefinitionsException error = Assert.Throws<DefinitionsException>(
            () => Import(node, Document.Replace(part, other, StringComparison.Ordinal)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Same(topology, node.Broker.Topology);
        Assert.Equal(before, node.Text);
    }

    private static void Import(DefinitionsNode node, string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        ImportApplication.Apply(node.Store, DefinitionsReader.Read(stream, PasswordHashing.Sha256));
        node.Run();
    }
}
