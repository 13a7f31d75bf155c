namespace Warren.Cluster.Incidents;

/// <summary>What an incident is about. Names are shown to operators (<see cref="IncidentFormat.NameOf"/>).</summary>
public enum IncidentKind
{
    /// <summary>An operator has begun the cluster anew without the other members.</summary>
    ForceBoot,

    /// <summary>An operator has what damage has left of a replicated queue served as if it were all.</summary>
    AcceptedLoss,

    /// <summary>Something in the data directory is damaged.</summary>
    DamagedData,

    /// <summary>A member of a replicated group has lost something, which its leader has to bring.</summary>
    DamagedMember,

    /// <summary>Messages are gone, or cannot be read.</summary>
    LostMessages,

    /// <summary>Users, vhosts, exchanges, queues or bindings are gone.</summary>
    LostDefinitions,

    /// <summary>A member of a replicated group goes no further, since it cannot understand what comes.</summary>
    HaltedMember,

    /// <summary>A data directory serves nobody: it went back in time, or the cluster goes on without it.</summary>
    RefusedDirectory,

    /// <summary>Another node may not link with this one for a reason that an operator has to mend.</summary>
    RefusedNode,

    /// <summary>Another node sends what makes no sense, and that is thrown away.</summary>
    StrangeNode,

    /// <summary>How long a queue had no member that ran was guessed by clocks.</summary>
    ClockBridged,

    /// <summary>Too few nodes are reached: definitions cannot be changed.</summary>
    MajorityLost,

    /// <summary>Enough are reached again.</summary>
    MajorityRegained,

    /// <summary>Publishes were refused, since nobody led their queue.</summary>
    LeaderLost,

    /// <summary>Nothing was heard of a node for so long that what its clients owned exclusively is gone.</summary>
    SessionEnded,

    /// <summary>The disk is short of space, or has enough again.</summary>
    DiskSpace,

    /// <summary>The disk has refused something.</summary>
    DiskFailed,
}
