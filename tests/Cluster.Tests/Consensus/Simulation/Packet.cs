namespace Warren.Cluster.Tests.Consensus.Simulation;

internal readonly record struct Packet(NodeId From, NodeId To, PacketKind Kind, byte[] Bytes);
