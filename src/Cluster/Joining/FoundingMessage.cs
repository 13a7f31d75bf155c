namespace Warren.Cluster.Joining;

/// <summary>What two blank nodes that were told of each other say (docs/formats/membership.md).</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Cluster">Of a hello: whom the sender has promised itself to; none: nobody.</param>
/// <param name="Number">
/// Of a hello: a digest of the names that the sender was told. Of a proposal: which of this process it is; a promise
/// repeats it, so that one that was given up is not taken for another.
/// </param>
public readonly record struct FoundingMessage(FoundingMessageKind Kind, ClusterId Cluster, uint Number = 0);
