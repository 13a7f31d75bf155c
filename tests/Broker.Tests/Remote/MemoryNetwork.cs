using System.Collections.Concurrent;
using Warren.Cluster.Links;
using Warren.Wire;

namespace Warren.Broker.Tests.Remote;

/// <summary>A network of pipes between the nodes of one test, whose cables can be cut at any moment.</summary>
internal sealed class MemoryNetwork : IPeerNetwork
{
    private readonly ConcurrentDictionary<string, Action<AcceptedStream>> _listeners = new();
    private readonly ConcurrentDictionary<MemoryDuplex, (string From, string To)> _cables = new();
    private volatile bool _isDown;

    /// <summary>Nobody reaches anybody.</summary>
    public bool IsDown
    {
        get => _isDown;
        set
        {
            _isDown = value;
            if (value)
                Cut();
        }
    }

    /// <summary>Who dials: set by each node's own view.</summary>
    public MemoryNetwork.View Of(string host) => new(this, host);

    /// <summary>Cuts all cables: what is on its way is lost.</summary>
    public void Cut()
    {
        foreach (MemoryDuplex cable in _cables.Keys)
        {
            cable.Cut();
            _cables.TryRemove(cable, out _);
        }
    }

    /// <inheritdoc/>
    public Task<Stream> DialAsync(PeerAddress address, CancellationToken cancellation) => DialAsync("", address);

    /// <inheritdoc/>
    public IPeerListener Listen(PeerAddress address, Action<AcceptedStream> accepted)
    {
        _listeners[address.Host] = accepted;
        return new Listener(this, address);
    }

    private Task<Stream> DialAsync(string from, PeerAddress address)
    {
        if (_isDown || !_listeners.TryGetValue(address.Host, out Action<AcceptedStream>? accepted))
            return Task.FromException<Stream>(new IOException($"{address} cannot be reached"));
        var cable = new MemoryDuplex(256 * 1024);
        _cables[cable] = (from, address.Host);
        accepted(new AcceptedStream(cable.Server, from, from));
        if (_isDown)
            cable.Cut();
        return Task.FromResult(cable.Client);
    }

    /// <summary>The network as one host sees it.</summary>
    internal sealed class View(MemoryNetwork network, string host) : IPeerNetwork
    {
        /// <inheritdoc/>
        public Task<Stream> DialAsync(PeerAddress address, CancellationToken cancellation) =>
            network.DialAsync(host, address);

        /// <inheritdoc/>
        public IPeerListener Listen(PeerAddress address, Action<AcceptedStream> accepted) =>
            network.Listen(address, accepted);
    }

    private sealed class Listener(MemoryNetwork network, PeerAddress address) : IPeerListener
    {
        public PeerAddress Address => address;

        public void Dispose() => network._listeners.TryRemove(address.Host, out _);
    }
}
