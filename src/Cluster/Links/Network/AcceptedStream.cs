namespace Warren.Cluster.Links;

/// <summary>A connection that came in; nothing has been read from it.</summary>
/// <param name="Stream">Closed by whoever got it.</param>
/// <param name="RemoteHost">The other side's address, without its port.</param>
/// <param name="Remote">The other side's address for people.</param>
public sealed record AcceptedStream(Stream Stream, string RemoteHost, string Remote);
