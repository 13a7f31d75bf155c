namespace Warren.Cluster.Links;

/// <summary>A message of the handshake as it came.</summary>
/// <param name="Type">What it says it is.</param>
/// <param name="Bytes">All of it, as it goes into the transcript.</param>
/// <param name="Payload">What is behind its header.</param>
internal readonly record struct HandshakeMessage(
    HandshakeType Type, ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> Payload);
