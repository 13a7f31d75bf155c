using System.Text;
using Warren.Broker;
using Warren.Broker.Turns;
using Warren.Server.Definitions;
using Xunit;

namespace Warren.Server.Tests.Definitions;

/// <summary>Definitions go to a real RabbitMQ and come back without loss.</summary>
public sealed class RabbitExchangeTests
{
    /// <summary>
    /// All that RabbitMQ 3.10 without plugins keeps: it has no classic_queues and no parameters of other components,
    /// does not export internal exchanges, and makes the word "null" of a null.
    /// </summary>
    private const string Document = """
        {"users":[
        {"name":"app","password_hash":"AQIDBOXpP0iuvNn9NTzLbyFuSNG3BhNuyCWiQnXcB1K7Kh4Q","hashing_algorithm":"rabbit_password_hashing_sha256","tags":["monitoring","own"],"limits":{"max-channels":5}},
        {"name":"clear","password":"secret","tags":""}],
        "vhosts":[
        {"name":"/","description":"Default virtual host","tags":[]},
        {"name":"v1","metadata":{"description":"test \"vhost\"","tags":["a","b"],"default_queue_type":"quorum"}}],
        "permissions":[{"user":"app","vhost":"/","configure":"^app","write":".*","read":""}],
        "topic_permissions":[{"user":"app","vhost":"/","exchange":"amq.topic","write":"^{username}","read":".*"}],
        "parameters":[
        {"component":"operator_policy","name":"maxlen","value":{"pattern":"^orders","definition":{"max-length":500},"priority":0,"apply-to":"queues"},"vhost":"/"},
        {"component":"vhost-limits","name":"limits","value":{"max-connections":100,"max-queues":20},"vhost":"v1"}],
        "global_parameters":[{"name":"cluster_name","value":"warren@site"},{"name":"gp1","value":{"a":1,"b":[1,2.5,"c"]}}],
        "policies":[
        {"vhost":"/","name":"ttl","pattern":"^(?!amq\\.).*","apply-to":"queues","definition":{"message-ttl":3600000,"max-length":1000},"priority":1},
        {"vhost":"/","name":"ha","pattern":"^ha\\.","apply-to":"all","definition":{"ha-mode":"nodes","ha-params":["rabbit@a"],"ha-sync-mode":"automatic"},"priority":-2},
        {"vhost":"v1","name":"ae","pattern":"ü","apply-to":"exchanges","definition":{"alternate-exchange":"amq.fanout"},"priority":0}],
        "queues":[
        {"name":"orders","vhost":"/","type":"classic","durable":true,"auto_delete":false,"arguments":{"x-max-priority":5,"x-dead-letter-exchange":"","x-single-active-consumer":true}},
        {"name":"orders.qq","vhost":"/","type":"quorum","durable":true,"auto_delete":false,"arguments":{"x-queue-type":"quorum","x-delivery-limit":5}},
        {"name":"größe","vhost":"/","durable":false,"auto_delete":true,"arguments":{}}],
        "exchanges":[
        {"name":"x","vhost":"/","type":"topic","durable":true,"auto_delete":false,"internal":false,"arguments":{"alternate-exchange":"amq.fanout"}},
        {"name":"h","vhost":"v1","type":"headers","durable":false,"auto_delete":true,"internal":false,"arguments":{}}],
        "bindings":[
        {"source":"amq.topic","vhost":"/","destination":"orders","destination_type":"queue","routing_key":"a.*","arguments":{}},
        {"source":"x","vhost":"/","destination":"orders","destination_type":"queue","routing_key":"","arguments":{"a":1,"b":true}},
        {"source":"x","vhost":"/","destination":"amq.fanout","destination_type":"exchange","routing_key":"#","arguments":{}}]}
        """;

    [Fact]
    public async Task Definitions_survive_RabbitMQ()
    {
        Assert.SkipWhen(RabbitServer.Missing is not null, RabbitServer.Missing ?? "");
        string ours = await WrittenAfterAsync(Document);
        using var rabbit = new RabbitServer(ours);
        string theirs = rabbit.Export();
        Assert.Equal(ours, await WrittenAfterAsync(theirs));
    }

    private static async Task<string> WrittenAfterAsync(string json)
    {
        using var broker = new MessageBroker(
            new BrokerOptions(), ThreadPoolTurns.Instance, TimeProvider.System, new Random(1), (_, _, _) => { });
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        await broker.Administration.ImportAsync(DefinitionsReader.Read(stream));
        using var written = new MemoryStream();
        DefinitionsWriter.Write(written, broker);
        return Encoding.UTF8.GetString(written.ToArray());
    }
}
