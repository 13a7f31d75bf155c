namespace Warren.Cluster.Links;

/// <summary>What is wrong with a link that is still open.</summary>
internal enum SilenceKind
{
    None,

    /// <summary>Nothing came for the silence timeout.</summary>
    NotHeard,

    /// <summary>Something comes, but the other side says that it hears nothing.</summary>
    DoesNotHear,
}
