using Warren.Amqp;
using Warren.Broker.Connections;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>What stands in rabbitmq.conf is what a running node does.</summary>
public sealed class ConfiguredNodeTests
{
    [Fact]
    public async Task The_guides_file_starts_a_node_that_names_what_is_not_built()
    {
        string guide = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Node", "guide-rabbitmq.conf"));
        await using RunningNode node = RunningNode.Start(guide);
        await using WireClient client = await node.ConnectAsync();
        await client.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        Received start = await client.ExpectAsync(MethodId.ConnectionStart);
        Assert.Equal("production-cluster", ServerProperties(start)["cluster_name"].AsText());
        await client.SendAsync(0, WireClient.StartOk(new Login()));
        Assert.Equal(60, Heartbeat(await client.ExpectAsync(MethodId.ConnectionTune)));
        await node.LogsAsync("started TCP listener");
        Assert.Equal(
            ["management.tcp.port", "management.tcp.ip"],
            node.Log.ToString().Split('\n')
                .Where(line => line.Contains("[warning]", StringComparison.Ordinal))
                .Select(line => line.Split("rabbitmq.conf:")[1].Split(' ')[1]));
    }

    [Theory]
    [InlineData("vm_memory_high_watermark.absolute = 1MB", 1_000_000)]
    [InlineData(
        "vm_memory_high_watermark.relative = 0.25\ntotal_memory_available_override_value = 4MB", 1_000_000)]
    public async Task Above_the_watermark_publishers_are_blocked(string keys, long limitBytes)
    {
        var time = new ManualTime();
        await using RunningNode node = RunningNode.Start(keys, time);
        Assert.Equal(limitBytes, node.Broker.Alarms.MemoryLimitBytes);
        await using WireClient client = await node.ConnectAsync();
        await client.LoginAsync();
        await client.OpenChannelAsync(1);
        string queue = (await client.DeclareAsync(1, "", exclusive: true)).QueueName;
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("low on memory", node.Broker.Alarms.Reason);
        await client.AddPublish(1, "", queue, "held back"u8).FlushAsync();
        await client.ExpectAsync(MethodId.ConnectionBlocked);
        await node.LogsAsync($"memory resource limit alarm set on node rabbit@localhost");
        // Who does not publish is not concerned, and finds that nothing has come in.
        await using WireClient other = await node.ConnectAsync();
        await other.LoginAsync();
        await other.OpenChannelAsync(1);
        Assert.Equal(0u, (await other.DeclareAsync(1, "others", autoDelete: true)).MessageCount);
        Assert.Equal(0, Assert.Single(node.Broker.AllQueues(), q => q.Name == queue).Home.ReadyCount);
    }

    [Fact]
    public async Task Below_the_watermark_they_are_not()
    {
        var time = new ManualTime();
        await using RunningNode node = RunningNode.Start(
            "vm_memory_high_watermark.absolute = 1TB\ntotal_memory_available_override_value = 2TB", time);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(node.Broker.Alarms.MemoryUsedBytes > 0);
        Assert.Null(node.Broker.Alarms.Reason);
    }

    [Fact]
    public async Task The_configured_heartbeat_is_offered_and_kept()
    {
        var time = new ManualTime();
        await using RunningNode node = RunningNode.Start("heartbeat = 7", time);
        await using WireClient client = await node.ConnectAsync();
        await client.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        await client.ExpectAsync(MethodId.ConnectionStart);
        await client.SendAsync(0, WireClient.StartOk(new Login()));
        Received tune = await client.ExpectAsync(MethodId.ConnectionTune);
        Assert.Equal(7, Heartbeat(tune));
        client.Add(0, new ConnectionTuneOk(tune.ChannelMax, tune.FrameMax, 7));
        await client.CallAsync(0, new ConnectionOpen("/"), MethodId.ConnectionOpenOk);
        Connection connection = await node.OnlyConnectionAsync();
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Same(Received.Heartbeat, await client.NextOrHeartbeatAsync());
        Assert.Equal(ConnectionState.Running, connection.State);
        // The turn that answered last may have ended only now: the client's silence is counted from there.
        time.Advance(TimeSpan.FromSeconds(18));
        await client.ExpectEndAsync();
        await node.LogsAsync("missed heartbeats from client, timeout: 7s");
    }

    private static ushort Heartbeat(Received tune)
    {
        var reader = new WireReader(tune.Arguments);
        return ConnectionTune.Read(ref reader).Heartbeat;
    }

    private static FieldTable ServerProperties(Received start)
    {
        var reader = new WireReader(start.Arguments);
        return ConnectionStart.Read(ref reader).ServerProperties;
    }
}
