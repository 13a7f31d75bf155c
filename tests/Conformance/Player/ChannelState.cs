namespace Warren.Conformance.Player;

/// <summary>What a player knows of one channel of its connection.</summary>
public sealed class ChannelState
{
    /// <summary>channel.open-ok was received and neither side has closed since.</summary>
    public bool Open { get; set; }

    /// <summary>A content was begun by hand and not ended: no method may be put between.</summary>
    public bool InContent { get; set; }

    /// <summary>Set by confirm.select: the tag of the next publish; 0 before.</summary>
    public long NextConfirm { get; set; }

    /// <summary>Publishes that were neither confirmed nor refused.</summary>
    public SortedSet<long> Unconfirmed { get; } = [];

    /// <summary>Strikes a confirm or a refusal off; the tags that it covers.</summary>
    public IReadOnlyList<long> Confirm(long tag, bool multiple)
    {
        List<long> covered = [.. Unconfirmed.Where(one => multiple ? one <= tag : one == tag)];
        Unconfirmed.ExceptWith(covered);
        return covered;
    }
}
