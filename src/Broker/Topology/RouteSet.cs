using Warren.Broker.Exchanges;
using Warren.Broker.Queues;

namespace Warren.Broker.Topology;

/// <summary>
/// Where one message goes: the result of <see cref="Router"/> and its scratch memory. Made once by its owner (a
/// connection's reader loop, a queue's turn) and filled again for every message; nothing is allocated once it has
/// grown to its work. Not for use by two threads. What it holds is valid until the next route.
/// </summary>
public sealed class RouteSet
{
    private readonly DistinctList<QueueDefinition> _queues = new();
    private readonly DistinctList<Exchange> _exchanges = new();
    private readonly List<RouteDelay> _delays = [];
    private Vhost _vhost = null!;

    /// <param name="random">Decides where x-random exchanges route; owned by the same loop.</param>
    public RouteSet(Random random) => Random = random;

    /// <summary>Queues, each once.</summary>
    public int Count => _queues.Count;

    public QueueDefinition this[int index] => _queues[index];

    public ReadOnlySpan<QueueDefinition> Queues => _queues.Items;

    /// <summary>
    /// Whether every message with this exchange and this key, and no CC or BCC header, goes the same way for as long
    /// as the vhost's value is the same.
    /// </summary>
    public bool IsCacheable { get; private set; }

    /// <summary>Delayed exchanges that keep the message for a while; it counts as routed there.</summary>
    public ReadOnlySpan<RouteDelay> Delays => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_delays);

    internal Random Random { get; }

    internal TopicScratch Topic { get; } = new();

    internal HeaderFields Headers { get; } = new();

    internal ExtraKeys ExtraKeys { get; } = new();

    /// <summary>Delayed exchanges let everything through: the message has waited already.</summary>
    internal bool IgnoresDelays { get; private set; }

    /// <summary>Exchanges reached so far, each once: what the router has still to visit is at the end.</summary>
    internal DistinctList<Exchange> Exchanges => _exchanges;

    internal void Begin(Vhost vhost, bool ignoresDelays)
    {
        _vhost = vhost;
        _queues.Clear();
        _exchanges.Clear();
        _delays.Clear();
        ExtraKeys.Clear();
        Headers.Clear();
        IgnoresDelays = ignoresDelays;
        IsCacheable = true;
    }

    internal void AddQueue(QueueDefinition queue) => _queues.Add(queue);

    internal void AppendDistinctQueue(QueueDefinition queue) => _queues.Append(queue);

    /// <summary>An exchange that is gone is a way that ends.</summary>
    internal void AddExchange(string name)
    {
        if (_vhost.Exchanges.TryGetValue(name, out Exchange? exchange))
            _exchanges.Add(exchange);
    }

    internal void AddDestination(Binding binding)
    {
        if (binding.Queue is { } queue)
            AddQueue(queue);
        else
            AddExchange(binding.Destination);
    }

    internal void AddDelay(DelayedMessageExchange exchange, long delayMs) => _delays.Add(new(exchange, delayMs));

    internal void ForbidCaching() => IsCacheable = false;
}
