namespace Warren.Storage.Inspection;

/// <summary>Which records are wanted; what is not set selects all.</summary>
public sealed record DumpSelection
{
    public GroupId? Group { get; init; }

    public uint? Segment { get; init; }

    /// <summary>From this one on.</summary>
    public Lsn From { get; init; }

    /// <summary>Their bodies too.</summary>
    public bool HasBodies { get; init; }
}
