using System.Collections.Concurrent;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Warren.Conformance.Harness;
using Xunit;

namespace Warren.Conformance.Clients.DotNet;

/// <summary>
/// What the programs with RabbitMQ.Client share: a connection, names of their own, and waiting with a bound.
/// </summary>
public abstract class DotNetClient(BrokerFixture fixture) : IAsyncLifetime
{
    private static int _counter;
    private readonly string _prefix = $"dotnet-{Environment.ProcessId}-{Interlocked.Increment(ref _counter)}";

    /// <summary>Longer than anything here takes.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected RunningBroker Broker => fixture.Broker;

    protected IConnection Connection { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync() => Connection = await Factory(Broker).CreateConnectionAsync(Stop);

    public virtual async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected static ConnectionFactory Factory(RunningBroker broker) => new()
    {
        HostName = broker.Endpoint.Host,
        Port = broker.Endpoint.Port,
        UserName = broker.Endpoint.User,
        Password = broker.Endpoint.Password,
        ClientProvidedName = "conformance",
    };

    /// <summary>A name that no other program uses.</summary>
    protected string Name(string word) => $"{_prefix}-{word}";

    protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(ReadOnlyMemory<byte> body) => Encoding.UTF8.GetString(body.Span);

    protected Task<IChannel> OpenAsync(bool confirms = false) =>
        Connection.CreateChannelAsync(new CreateChannelOptions(confirms, confirms), Stop);

    /// <summary>Consumes and collects bodies; the consumer acknowledges each unless it is told not to.</summary>
    protected static async Task<BlockingCollection<BasicDeliverEventArgs>> ConsumeAsync(
        IChannel channel, string queue, bool acknowledge = true)
    {
        BlockingCollection<BasicDeliverEventArgs> received = [];
        AsyncEventingBasicConsumer consumer = new(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            if (acknowledge)
                await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
            received.Add(Copy(delivery));
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer, Stop);
        return received;
    }

    /// <summary>Takes that many deliveries or fails.</summary>
    protected static List<BasicDeliverEventArgs> Take(BlockingCollection<BasicDeliverEventArgs> received, int count)
    {
        List<BasicDeliverEventArgs> taken = [];
        while (taken.Count < count)
        {
            Assert.True(
                received.TryTake(out BasicDeliverEventArgs? one, Patience), $"{taken.Count} of {count} arrived");
            taken.Add(one);
        }

        return taken;
    }

    /// <summary>The body belongs to the client after the handler returns, so it is copied.</summary>
    private static BasicDeliverEventArgs Copy(BasicDeliverEventArgs delivery) => new(
        delivery.ConsumerTag, delivery.DeliveryTag, delivery.Redelivered, delivery.Exchange, delivery.RoutingKey,
        new BasicProperties(delivery.BasicProperties), delivery.Body.ToArray());
}
