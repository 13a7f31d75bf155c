using Warren.Wire;

namespace Warren.Cluster.Tests.Links;

/// <summary>How things stand from one host to another.</summary>
internal sealed class SimulatedWay(ManualTime time)
{
    public bool IsBlocked { get; set; }

    public long DelayTicks { get; set; }

    public long Now => time.GetTimestamp();
}
