namespace Warren.Cluster.Links;

/// <summary>
/// Numbers the streams that this process begins through relays, all targets together. Every heartbeat carries the last
/// one, so that whoever has a direct link knows which streams are older than it.
/// </summary>
internal sealed class RelayStreams
{
    private long _last;

    public long Last => Interlocked.Read(ref _last);

    public long Begin() => Interlocked.Increment(ref _last);
}
