using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Warren.Conformance.Harness;
using Warren.Conformance.Player;
using Warren.Conformance.Wire;
using Xunit;

namespace Warren.Conformance.Clients.DotNet;

/// <summary>What programs with RabbitMQ.Client do with connections and channels.</summary>
public sealed class ConnectionTests(BrokerFixture fixture) : DotNetClient(fixture)
{
    [Fact]
    public async Task A_thousand_channels_on_a_connection()
    {
        List<IChannel> channels = [];
        for (int i = 0; i < 1000; i++)
            channels.Add(await OpenAsync());
        string[] queues = await Task.WhenAll(channels.Select(async channel =>
            (await channel.QueueDeclareAsync(cancellationToken: Stop)).QueueName));
        Assert.Equal(1000, queues.Distinct().Count());
        await Task.WhenAll(channels.Select(
            (channel, i) => channel.BasicPublishAsync("", queues[^(i + 1)], Bytes($"{i}"), Stop).AsTask()));
        BlockingCollection<string> received = [];
        await Task.WhenAll(channels.Select(async (channel, i) =>
        {
            AsyncEventingBasicConsumer consumer = new(channel);
            consumer.ReceivedAsync += (_, delivery) =>
            {
                received.Add(Text(delivery.Body));
                return Task.CompletedTask;
            };
            await channel.BasicConsumeAsync(queues[i], autoAck: true, consumer, Stop);
        }));
        HashSet<string> distinct = [];
        while (distinct.Count < 1000)
        {
            Assert.True(received.TryTake(out string? one, Patience), $"{distinct.Count} of 1000 arrived");
            distinct.Add(one);
        }
    }

    [Fact]
    public async Task Two_thousand_connections()
    {
        string queue = Name("many");
        await using IChannel channel = await OpenAsync(confirms: true);
        await channel.QueueDeclareAsync(queue, cancellationToken: Stop);
        List<Conversation> connections = [];
        try
        {
            Dictionary<string, string> publish = new() { ["routing_key"] = queue };
            for (int i = 0; i < 2000; i++)
            {
                Conversation connection = new($"c{i}", Broker.Endpoint, "/");
                connections.Add(connection);
                connection.Handshake(new Dictionary<string, string>());
                Assert.True(connection.Running, $"connection {i} was not opened");
            }

            foreach (Conversation connection in connections)
            {
                connection.EnsureOpen(1);
                connection.SendMethod(1, "basic.publish", publish);
                connection.SendContent(1, new ContentHeader(1, []), "x"u8.ToArray());
            }

            foreach (Conversation connection in connections)
                connection.Settle(thoroughly: true);
            Assert.Equal(2000u, await channel.MessageCountAsync(queue, Stop));
        }
        finally
        {
            foreach (Conversation connection in connections)
                connection.Drop(reset: false);
        }
    }

    [Fact]
    public async Task A_channel_error_leaves_the_connection_usable()
    {
        IChannel channel = await OpenAsync();
        OperationInterruptedException error = await Assert.ThrowsAsync<OperationInterruptedException>(
            async () => await channel.QueueDeclarePassiveAsync(Name("nothing"), Stop));
        Assert.Equal(404, error.ShutdownReason!.ReplyCode);
        Assert.False(channel.IsOpen);
        Assert.True(Connection.IsOpen);
        await using IChannel next = await OpenAsync(confirms: true);
        string queue = (await next.QueueDeclareAsync(cancellationToken: Stop)).QueueName;
        await next.BasicPublishAsync("", queue, Bytes("on we go"), Stop);
        Assert.Equal(1u, await next.MessageCountAsync(queue, Stop));
    }

    [Fact]
    public async Task A_connection_error_is_told_with_its_code()
    {
        await using IConnection other = await Factory(Broker).CreateConnectionAsync(Stop);
        await using IChannel channel = await other.CreateChannelAsync(cancellationToken: Stop);
        TaskCompletionSource<ShutdownEventArgs> shut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        other.ConnectionShutdownAsync += (_, reason) =>
        {
            shut.TrySetResult(reason);
            return Task.CompletedTask;
        };
        await Assert.ThrowsAsync<OperationInterruptedException>(
            async () => await channel.BasicQosAsync(1000, 1, global: false, Stop));
        ShutdownEventArgs reason = await shut.Task.WaitAsync(Patience, Stop);
        Assert.Equal(540, reason.ReplyCode);
        Assert.Equal(ShutdownInitiator.Peer, reason.Initiator);
    }

    [Fact]
    public async Task A_wrong_password_is_told()
    {
        ConnectionFactory factory = Factory(Broker);
        factory.Password = "wrong";
        BrokerUnreachableException error = await Assert.ThrowsAsync<BrokerUnreachableException>(
            async () => await factory.CreateConnectionAsync(Stop));
        Assert.IsType<AuthenticationFailureException>(error.InnerException);
    }

    [Fact]
    public async Task A_silent_client_is_cut_off_and_others_live()
    {
        ConnectionFactory factory = Factory(Broker);
        factory.RequestedHeartbeat = TimeSpan.FromSeconds(1);
        await using IConnection alive = await factory.CreateConnectionAsync(Stop);
        using Conversation silent = new("silent", Broker.Endpoint, "/");
        silent.Handshake(new Dictionary<string, string> { ["heartbeat"] = "1" });
        Assert.True(silent.Running);
        Assert.Equal("closed", silent.Next(TimeSpan.FromSeconds(10))?.Name);
        Assert.True(alive.IsOpen);
        await using IChannel channel = await alive.CreateChannelAsync(cancellationToken: Stop);
        await channel.QueueDeclareAsync(cancellationToken: Stop);
    }
}
