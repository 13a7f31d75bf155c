namespace Warren.Cluster.Links;

/// <summary>
/// A network whose port stays bound while one <see cref="PeerLinks"/> gives way to the next: whoever listens last gets
/// what comes. While nobody does, somebody is called for; who comes in vain is closed.
/// </summary>
public sealed class StandingPeerNetwork : IPeerNetwork, IDisposable
{
    private readonly IPeerNetwork _network;
    private readonly Action _unattended;
    private readonly IPeerListener _listener;
    private Handle? _current;

    /// <param name="network">What it stands on.</param>
    /// <param name="address">Where to listen, from now on.</param>
    /// <param name="unattended">
    /// Called on the listener's loop when a connection has come that nobody listens for: may listen now.
    /// </param>
    /// <exception cref="IOException">The address is in use or not this machine's.</exception>
    public StandingPeerNetwork(IPeerNetwork network, PeerAddress address, Action unattended)
    {
        _network = network;
        _unattended = unattended;
        _listener = network.Listen(address, Hand);
    }

    /// <summary>Where it listens.</summary>
    public PeerAddress Address => _listener.Address;

    public Task<Stream> DialAsync(PeerAddress address, CancellationToken cancellation) =>
        _network.DialAsync(address, cancellation);

    /// <summary>Takes over what comes in; the address is the one that is bound already.</summary>
    public IPeerListener Listen(PeerAddress address, Action<AcceptedStream> accepted)
    {
        var handle = new Handle(this, accepted);
        Volatile.Write(ref _current, handle);
        return handle;
    }

    public void Dispose() => _listener.Dispose();

    private void Hand(AcceptedStream accepted)
    {
        if (Volatile.Read(ref _current) is null)
            _unattended();
        if (Volatile.Read(ref _current) is { } current)
            current.Accepted(accepted);
        else
            accepted.Stream.Dispose();
    }

    private sealed class Handle(StandingPeerNetwork network, Action<AcceptedStream> accepted) : IPeerListener
    {
        public PeerAddress Address => network.Address;

        public Action<AcceptedStream> Accepted => accepted;

        public void Dispose() => Interlocked.CompareExchange(ref network._current, null, this);
    }
}
