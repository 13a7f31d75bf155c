namespace Warren.Cluster.Groups;

/// <summary>What the lines of a frame are.</summary>
public enum HeartbeatFrameKind
{
    Heartbeats,
    Answers,
}
