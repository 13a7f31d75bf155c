using Warren.Amqp;
using Warren.Faults.Hosts;
using Warren.Wire;

namespace Warren.Faults.Clusters;

/// <summary>
/// Connections that clients have lost, consumers that were cancelled and connections that were not to be had. They may
/// be of a node that something is done to, and of no other: that fails the run.
/// </summary>
internal sealed class ClientLosses
{
    private readonly Lock _lock = new();
    private readonly HashSet<Host> _allowed = [];

    /// <summary>How many there were, attempts to connect not counted.</summary>
    public int Count { get; private set; }

    /// <summary>What a client was told, if it was told anything.</summary>
    public static string Why(Received last) =>
        last.Method is MethodId.ConnectionClose or MethodId.ChannelClose ? last.CloseReason
        : ReferenceEquals(last, Received.End) ? "the connection ended"
        : last.ToString();

    /// <summary>From now on a node may lose its clients, or not any more.</summary>
    public void Allow(Host host, bool isAllowed)
    {
        lock (_lock)
        {
            if (isAllowed)
                _allowed.Add(host);
            else
                _allowed.Remove(host);
        }
    }

    /// <summary>A client was at work on a node, and is not any more.</summary>
    /// <exception cref="FaultException">The node had to keep it.</exception>
    public void Lost(Host host, string who, string why)
    {
        lock (_lock)
            Count++;
        TurnedAway(host, who, why);
    }

    /// <summary>A node takes no client.</summary>
    /// <exception cref="FaultException">It had to.</exception>
    public void TurnedAway(Host host, string who, string why)
    {
        lock (_lock)
        {
            if (_allowed.Contains(host))
                return;
        }
        throw new FaultException($"{host.Name}, to which nothing was done, has lost {who}: {why}\n{host.Log}");
    }
}
