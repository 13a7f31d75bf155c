namespace Warren.Cluster.Links;

/// <summary>What the bytes at hand are.</summary>
internal enum LinkFrameStatus
{
    /// <summary>The head of a frame.</summary>
    Incomplete,

    Complete,

    /// <summary>No frame that belongs here: nothing after it can be believed.</summary>
    Damaged,
}
