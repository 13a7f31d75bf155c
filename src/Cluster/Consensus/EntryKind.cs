namespace Warren.Cluster.Consensus;

/// <summary>Whose business an entry is.</summary>
public enum EntryKind
{
    /// <summary>The owner's.</summary>
    Payload,

    /// <summary>The first of a leader's term: what lies before it is committed with it.</summary>
    Empty,

    /// <summary>The members from here on.</summary>
    Membership,
}
