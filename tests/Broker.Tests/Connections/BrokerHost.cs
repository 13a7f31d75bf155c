using System.Collections.Concurrent;
using System.Net;
using Warren.Broker.Alarms;
using Warren.Broker.Connections;
using Warren.Broker.Durability;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Broker.Turns;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>A broker whose clients come over memory and whose clock stands until a test moves it.</summary>
internal sealed class BrokerHost : IAsyncDisposable
{
    private readonly ConcurrentBag<Link> _links = [];

    public BrokerHost(
        BrokerOptions? options = null, StorageSetup? storage = null, ManualTime? time = null,
        ITurnScheduler? turns = null, ClusterSetup? cluster = null, int seed = 1)
    {
        Time = time ?? new ManualTime();
        Broker = new MessageBroker(
            options ?? new BrokerOptions(),
            turns ?? ThreadPoolTurns.Instance,
            Time,
            new Random(seed),
            (_, _, line) => Log.Enqueue(line),
            storage,
            cluster);
    }

    public ManualTime Time { get; }

    public MessageBroker Broker { get; }

    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>Opens a wire; nothing has been said on it.</summary>
    public Link Open(int capacityBytes = 64 * 1024, string address = "127.0.0.1")
    {
        var wire = new MemoryDuplex(capacityBytes);
        var remote = new IPEndPoint(IPAddress.Parse(address), 40_000 + _links.Count);
        var peer = new ConnectionPeer(
            remote, new IPEndPoint(IPAddress.Loopback, 5672), new ClientPeer(remote.Address));
        Task served = Task.Factory.StartNew(
            () => Broker.Connections.ServeAsync(wire.Server, null, peer),
            CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default).Unwrap();
        var link = new Link(wire, new WireClient(wire.Client), served);
        _links.Add(link);
        return link;
    }

    /// <summary>A client that has logged in.</summary>
    public async Task<Link> ConnectAsync(Login? login = null, int capacityBytes = 64 * 1024)
    {
        Link link = Open(capacityBytes);
        await link.Client.LoginAsync(login);
        return link;
    }

    /// <summary>A client that has logged in and opened channel 1.</summary>
    public async Task<Link> ConnectWithChannelAsync(Login? login = null, int capacityBytes = 64 * 1024)
    {
        Link link = await ConnectAsync(login, capacityBytes);
        await link.Client.OpenChannelAsync(1);
        return link;
    }

    public Queue Queue(string name)
    {
        Assert.True(Broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost));
        Assert.True(vhost.Queues.TryGetValue(name, out QueueDefinition? queue), $"no queue {name}");
        return (Queue)queue.Home;
    }

    /// <summary>Waits until there is no queue of this name.</summary>
    public Task QueueIsGone(string name) => Eventually.True(
        () => Broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost) && !vhost.Queues.TryGetValue(name, out _),
        () => $"{name} is there");

    /// <summary>Waits until the queue has these counts.</summary>
    public Task QueueHolds(string name, int ready, int unacked) => Eventually.True(
        () => Queue(name).ReadyCount == ready && Queue(name).UnackedCount == unacked,
        () => $"{Queue(name).ReadyCount} ready, {Queue(name).UnackedCount} unacked");

    /// <summary>Lets the memory seem to be this full.</summary>
    public void UseMemory(long bytes) => Broker.Alarms.Observe(bytes);

    /// <summary>The broker finds this much of its disk free.</summary>
    public void LeaveFree(long bytes) => Broker.Alarms.ObserveFree(bytes);

    /// <summary>Cuts all wires and waits until the server has cleaned up.</summary>
    public async Task CutAsync()
    {
        // Who is held back by an alarm does not read, and so does not see that its client has gone.
        UseMemory(0);
        foreach (Link link in _links)
            link.Wire.Cut();
        foreach (Link link in _links)
            await link.Served.WaitAsync(Eventually.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        Broker.Dispose();
    }
}
