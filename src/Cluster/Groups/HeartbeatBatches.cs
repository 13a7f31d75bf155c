namespace Warren.Cluster.Groups;

/// <summary>The lines of the next frame to each node.</summary>
internal sealed class HeartbeatBatches
{
    private readonly Dictionary<NodeId, HeartbeatLines> _lines = [];

    public HeartbeatLines Of(NodeId to)
    {
        if (!_lines.TryGetValue(to, out HeartbeatLines? lines))
            _lines.Add(to, lines = new HeartbeatLines());
        return lines;
    }

    /// <summary>Hands out what there is for each node, and begins anew.</summary>
    public void Send(HeartbeatFrameKind kind, SendHeartbeats send)
    {
        foreach ((NodeId to, HeartbeatLines lines) in _lines)
            lines.Send(to, kind, send);
    }
}
