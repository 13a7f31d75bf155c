using Warren.Cluster.Links;
using Warren.Wire;

namespace Warren.Cluster.Tests.Links;

/// <summary>Hosts by name, and the ways between them: delayed, blocked in one direction, or cut.</summary>
internal sealed class SimulatedNetwork(SimulatedTurns turns, ManualTime time)
{
    private readonly Dictionary<string, Action<AcceptedStream>> _listeners = [];
    private readonly Dictionary<(string, string), SimulatedWay> _ways = [];
    private readonly List<(string From, string To, SimulatedPipe Pipe)> _pipes = [];
    private readonly List<(string From, string To, TaskCompletionSource Dial)> _waiting = [];

    public int Connections => _pipes.Count / 2;

    /// <summary>The network as one host sees it.</summary>
    public IPeerNetwork From(string host) => new Host(this, host);

    public SimulatedWay Way(string from, string to)
    {
        if (!_ways.TryGetValue((from, to), out SimulatedWay? way))
            _ways.Add((from, to), way = new SimulatedWay(time));
        return way;
    }

    /// <summary>Nothing arrives any more in one direction; it waits.</summary>
    public void Block(string from, string to) => Way(from, to).IsBlocked = true;

    public void Unblock(string from, string to)
    {
        Way(from, to).IsBlocked = false;
        Deliver();
    }

    public void Part(string one, string other)
    {
        Block(one, other);
        Block(other, one);
    }

    public void Join(string one, string other)
    {
        Unblock(one, other);
        Unblock(other, one);
    }

    /// <summary>All connections between the two break at once, for both.</summary>
    public void Cut(string one, string other)
    {
        foreach ((string from, string to, SimulatedPipe pipe) in _pipes)
        {
            if ((from, to) == (one, other) || (from, to) == (other, one))
                pipe.Break();
        }
    }

    /// <summary>Time has passed: what is due arrives.</summary>
    public void Deliver()
    {
        foreach ((_, _, SimulatedPipe pipe) in _pipes)
            turns.Schedule(pipe.Arrive);
        foreach ((string from, string to, TaskCompletionSource dial) in _waiting.ToList())
        {
            if (!Way(from, to).IsBlocked && !Way(to, from).IsBlocked)
                turns.Schedule(() => dial.TrySetResult());
        }
    }

    /// <summary>Two ends without hosts, for a conversation by hand.</summary>
    public (SimulatedStream One, SimulatedStream Other) Connect(string from, string to)
    {
        var there = new SimulatedPipe(turns, Way(from, to));
        var back = new SimulatedPipe(turns, Way(to, from));
        _pipes.Add((from, to, there));
        _pipes.Add((to, from, back));
        return (new SimulatedStream(back, there), new SimulatedStream(there, back));
    }

    /// <summary>A connection to whoever listens there.</summary>
    public SimulatedStream Dial(string from, string to)
    {
        (SimulatedStream one, SimulatedStream other) = Connect(from, to);
        _listeners[to](new AcceptedStream(other, from, from));
        return one;
    }

    private sealed class Host(SimulatedNetwork network, string host) : IPeerNetwork
    {
        public async Task<Stream> DialAsync(PeerAddress address, CancellationToken cancellation)
        {
            string to = address.Host;
            if (network.Way(host, to).IsBlocked || network.Way(to, host).IsBlocked)
            {
                var answered = new TaskCompletionSource();
                (string, string, TaskCompletionSource) entry = (host, to, answered);
                network._waiting.Add(entry);
                using CancellationTokenRegistration given = cancellation.Register(() => answered.TrySetCanceled());
                await answered.Task.ConfigureAwait(false);
                network._waiting.Remove(entry);
            }
            if (!network._listeners.ContainsKey(to))
                throw new IOException($"{address} cannot be reached: Connection refused");
            return network.Dial(host, to);
        }

        public IPeerListener Listen(PeerAddress address, Action<AcceptedStream> accepted)
        {
            network._listeners.Add(host, accepted);
            return new Listener(network, host, address);
        }
    }

    private sealed class Listener(SimulatedNetwork network, string host, PeerAddress address) : IPeerListener
    {
        public PeerAddress Address => address;

        public void Dispose() => network._listeners.Remove(host);
    }
}
