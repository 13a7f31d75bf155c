namespace Warren.Server.Configuration;

/// <summary>What a node that reaches no majority does for its clients; it never confirms or changes anything.</summary>
public enum PartitionHandling
{
    /// <summary>It goes on with the queues that live on it alone; the same as <see cref="Autoheal"/> here.</summary>
    Ignore,

    /// <summary>There is nothing to be healed: nothing has gone two ways.</summary>
    Autoheal,

    /// <summary>It serves no clients until the majority is back.</summary>
    PauseMinority,

    /// <summary>It serves no clients while it reaches none of <see cref="PartitionOptions.Nodes"/>.</summary>
    PauseIfAllDown,
}
