namespace Warren.Faults.Ledgers;

/// <summary>What can be wrong.</summary>
public enum FindingKind
{
    /// <summary>A message that must be there is not.</summary>
    Lost,

    /// <summary>A message came that cannot be there.</summary>
    Unknown,

    /// <summary>A message came more often than it may be there.</summary>
    Duplicate,

    /// <summary>A message came behind one that was published later.</summary>
    Order,

    /// <summary>Redelivered is set, or not, and should not be, or should.</summary>
    Mark,

    /// <summary>A message has other properties than were published.</summary>
    Properties,

    /// <summary>A queue that must be there is not, or the other way round.</summary>
    Definitions,

    /// <summary>The broker said what it cannot have to say.</summary>
    Protocol,
}
