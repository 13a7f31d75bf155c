namespace Warren.Cluster.Groups;

/// <summary>A frame of lines for a node; they are the receiver's only during the call.</summary>
public delegate void SendHeartbeats(NodeId to, HeartbeatFrameKind kind, ReadOnlySpan<byte> lines);
