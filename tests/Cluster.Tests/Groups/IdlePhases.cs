using Warren.Cluster.Tests.Consensus.Simulation;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// Times in which the nodes of a simulation work and everything fails, and times in which they have little to do on a
/// network that is mostly calm, so that groups come to rest and something happens to that.
/// </summary>
internal sealed class IdlePhases(Random random, bool mayIdle)
{
    private readonly double _loss = random.Next(3) * 0.03;
    private readonly double _doubling = random.Next(2) * 0.05;
    private readonly int _delayMost = 1 + random.Next(8);
    private int _left;

    public bool IsIdle { get; private set; }

    /// <summary>Somebody does something: now and then, if it is a time to be idle.</summary>
    public bool MayWork => !IsIdle || random.Next(40) == 0;

    /// <summary>Time goes on; the network is as it is to be.</summary>
    public void Step(SimulatedNetwork network)
    {
        if (_left-- > 0)
            return;
        IsIdle = mayIdle && !IsIdle && random.Next(4) != 0;
        _left = mayIdle ? random.Next(40, 250) : int.MaxValue;
        (network.Loss, network.Doubling, network.DelayMost) = IsIdle
            ? (random.Next(2) * 0.02, random.Next(3) == 0 ? 0.03 : 0, 1 + random.Next(3))
            : (_loss, _doubling, _delayMost);
        // As links are.
        network.IsOrdered = IsIdle && random.Next(4) != 0;
        if (IsIdle)
            network.Heal();
    }
}
