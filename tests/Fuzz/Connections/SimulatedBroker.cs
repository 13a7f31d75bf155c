using System.Net;
using Warren.Amqp;
using Warren.Broker;
using Warren.Broker.Connections;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Wire;

namespace Warren.Fuzz.Connections;

/// <summary>
/// A broker on one thread, from a seed: its turns in an order that is drawn, its clock moved by hand, its clients
/// scripts.
/// </summary>
public sealed class SimulatedBroker : IDisposable
{
    // What one step sets in motion ends after far fewer; more means that two parts keep each other busy.
    private const int MostTurns = 200_000;

    private readonly SimulatedTurns _turns;
    private readonly List<SimulatedClient> _clients = [];
    private readonly List<string> _critical = [];

    /// <param name="random">Draws the order of turns, and whatever the broker draws.</param>
    public SimulatedBroker(Random random)
    {
        _turns = new SimulatedTurns(random);
        // No alarm but those of the script: what this process uses is not its broker's.
        var options = new BrokerOptions
        {
            MemoryHighWatermarkBytes = long.MaxValue / 2,
            ConsumerTimeoutClosesChannel = random.Next(2) == 0,
            ConsumerTimeoutMs = random.Next(4) == 0 ? 10_000 : 1_800_000,
            DefaultQueueType = random.Next(8) == 0 ? "quorum" : "classic",
        };
        Broker = new MessageBroker(options, _turns, Time, random, OnLog);
    }

    /// <summary>The broker.</summary>
    public MessageBroker Broker { get; }

    /// <summary>All clients there have been.</summary>
    public IReadOnlyList<SimulatedClient> Clients => _clients;

    /// <summary>Its clock.</summary>
    public ManualTime Time { get; } = new();

    /// <summary>Opens a connection; nothing has been said on it.</summary>
    public SimulatedClient Connect(bool endsAtClose)
    {
        var stream = new SimulatedStream(_turns);
        var remote = new IPEndPoint(IPAddress.Loopback, 40_000 + _clients.Count);
        var peer = new ConnectionPeer(remote, new IPEndPoint(IPAddress.Loopback, 5672), new ClientPeer(remote.Address));
        var client = new SimulatedClient(stream, Broker.Connections.ServeAsync(stream, null, peer), endsAtClose);
        _clients.Add(client);
        return client;
    }

    /// <summary>
    /// Runs up to that many turns, and lets the clients see what they brought; false if none is left.
    /// </summary>
    public bool Run(int count)
    {
        _turns.Run(count);
        foreach (var client in _clients)
            client.Receive();
        return _turns.AreWaiting;
    }

    /// <summary>Runs until there is nothing to do at this time.</summary>
    public void Settle()
    {
        for (var turns = 0; Run(100); turns += 100)
            FuzzException.Unless(turns < MostTurns, "turns without end");
        Check();
    }

    /// <summary>Lets time pass in small steps, and everything run that comes due, until the condition holds.</summary>
    public bool PassUntil(int seconds, Func<bool> condition)
    {
        Settle();
        for (var passed = 0; passed < seconds * 2 && !condition(); passed++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(500));
            Settle();
        }

        return condition();
    }

    /// <summary>Raises the memory alarm until the next measurement, or clears it.</summary>
    public void Alarm(bool isOn) => Broker.Alarms.Observe(isOn ? long.MaxValue : 0);

    /// <summary>Closes all connections as a node does that stops.</summary>
    public void Shutdown()
    {
        foreach (var connection in Broker.Connections.Snapshot())
            connection.Shutdown("CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'");
    }

    /// <summary>Throws unless nothing has gone wrong within the broker.</summary>
    public void Check()
    {
        FuzzException.Unless(_critical.Count == 0, $"the broker logs: {string.Join('\n', _critical)}");
        foreach (var client in _clients)
            FuzzException.Unless(!client.Served.IsFaulted, $"a connection ends with {client.Served.Exception}");
    }

    /// <summary>
    /// Throws unless the broker is as good as new for a new client, and everything goes when queues go.
    /// </summary>
    public void CheckSoundness()
    {
        FuzzException.Unless(Broker.Connections.Count == 0, $"{Broker.Connections.Count} connections are left");
        var channels = Broker.Connections.ChannelCount;
        FuzzException.Unless(channels == 0, $"{channels} channels are left");
        Alarm(isOn: false);
        var exclusive = Broker.AllQueues().Count(queue => queue.OwnerConnectionId != 0);
        FuzzException.Unless(exclusive == 0, $"{exclusive} exclusive queues are left");
        foreach (var queue in Broker.AllQueues())
            FuzzException.Unless(queue.Home.ConsumerCount == 0, $"queue {queue.Name} has consumers left");

        var client = Connect(endsAtClose: true);
        client.Send(Greeting().Add(1, new ChannelOpen()).TakeAdded());
        client.Send(PublishAndGet("fresh").TakeAdded());
        Settle();
        client.Settle(1, 0);
        foreach (var queue in Broker.AllQueues())
            client.Send(1, new QueueDelete(queue.Name, ifUnused: false, ifEmpty: false, noWait: false));
        Settle();
        FuzzException.Unless(client.Got == 1, "a new client does not get the message that it has published");
        client.Send(0, new ConnectionClose(200, "bye", 0, 0));
        Settle();
        FuzzException.Unless(client.Served.IsCompletedSuccessfully, "a new client's connection does not end");
        var left = string.Join(", ", Broker.AllQueues().Select(queue => queue.Name));
        FuzzException.Unless(left.Length == 0, $"queues that cannot be deleted: {left}");
        PassUntil(10, () => Broker.Slabs.OutstandingBytes == 0);
        FuzzException.Unless(
            Broker.Slabs.OutstandingBytes == 0 || Broker.Delays.Count > 0,
            $"{Broker.Slabs.OutstandingBytes} bytes of messages are left without a queue");
    }

    /// <inheritdoc/>
    public void Dispose() => Broker.Dispose();

    private static WireClient Greeting() =>
        new WireClient(Stream.Null)
            .AddRaw(ProtocolHeader.Amqp091)
            .Add(0, WireClient.StartOk(new Login()))
            .Add(0, new ConnectionTuneOk(100, 131_072, 0))
            .Add(0, new ConnectionOpen("/"));

    private static WireClient PublishAndGet(string queue) =>
        new WireClient(Stream.Null)
            .Add(1, new QueueDeclare(queue, false, true, false, false, false, FieldTable.Empty))
            .AddPublish(1, "", queue, [1, 2, 3])
            .Add(1, new BasicGet(queue, noAck: false));

    private void OnLog(LogLevel level, LogCategory category, string line)
    {
        if (level >= LogLevel.Critical)
            _critical.Add(line);
    }
}
