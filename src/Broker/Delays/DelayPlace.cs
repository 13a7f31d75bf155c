namespace Warren.Broker.Delays;

/// <summary>
/// The exchange at which messages wait, by name; one object for all that wait there. Owned by the turn of
/// <see cref="DelayedMessages"/>.
/// </summary>
internal sealed class DelayPlace(string vhost, string exchange)
{
    public string Vhost { get; } = vhost;

    public string Exchange { get; } = exchange;

    /// <summary>The names as a message's entry has them.</summary>
    public byte[] Encoded { get; } = DelayMeta.EncodeNames(vhost, exchange);

    /// <summary>How many messages wait here; it is forgotten with the last.</summary>
    public int Waiting { get; set; }
}
