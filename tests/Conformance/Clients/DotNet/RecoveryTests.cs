using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Warren.Conformance.Harness;
using Xunit;

namespace Warren.Conformance.Clients.DotNet;

/// <summary>RabbitMQ.Client finds its way back after the node was restarted, on a broker of its own.</summary>
public sealed class RecoveryTests(BrokerFixture fixture) : DotNetClient(fixture)
{
    [Fact]
    public async Task Connection_topology_and_consumers_come_back_after_a_restart()
    {
        using RunningBroker broker = BrokerFixture.BeginAnother();
        Assert.SkipWhen(broker.CannotRestart is not null, broker.CannotRestart ?? "");
        ConnectionFactory factory = Factory(broker);
        factory.AutomaticRecoveryEnabled = true;
        factory.TopologyRecoveryEnabled = true;
        factory.NetworkRecoveryInterval = TimeSpan.FromMilliseconds(200);
        string exchange = Name("exchange");
        await using IConnection connection = await factory.CreateConnectionAsync(Stop);
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: Stop);
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Topic, durable: false, cancellationToken: Stop);
        string named =
            (await channel.QueueDeclareAsync(Name("queue"), false, false, true, cancellationToken: Stop)).QueueName;
        string serverNamed = (await channel.QueueDeclareAsync(cancellationToken: Stop)).QueueName;
        await channel.QueueBindAsync(named, exchange, "a.*", cancellationToken: Stop);
        await channel.QueueBindAsync(serverNamed, exchange, "#", cancellationToken: Stop);
        BlockingCollection<BasicDeliverEventArgs> first = await ConsumeAsync(channel, named);
        BlockingCollection<BasicDeliverEventArgs> second = await ConsumeAsync(channel, serverNamed);
        await channel.BasicPublishAsync(exchange, "a.b", Bytes("before"), Stop);
        Assert.Equal("before", Text(Take(first, 1)[0].Body));
        Assert.Equal("before", Text(Take(second, 1)[0].Body));

        TaskCompletionSource recovered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.RecoverySucceededAsync += (_, _) =>
        {
            recovered.TrySetResult();
            return Task.CompletedTask;
        };
        broker.Restart();
        await recovered.Task.WaitAsync(Patience, Stop);
        await channel.BasicPublishAsync(exchange, "a.c", Bytes("after"), Stop);
        Assert.Equal("after", Text(Take(first, 1)[0].Body));
        Assert.Equal("after", Text(Take(second, 1)[0].Body));
    }
}
