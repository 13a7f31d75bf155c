namespace Warren.Cluster.Incidents;

/// <summary>Something was lost, refused or damaged, and an operator should hear of it, also much later.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Subject">
/// Of what: a queue, a node, a file. Those of one kind and subject within some time are counted, and kept as one.
/// </param>
/// <param name="What">What has happened, a sentence without a full stop.</param>
/// <param name="Advice">What to do about it; empty: nothing.</param>
public sealed record Incident(IncidentKind Kind, string Subject, string What, string Advice = "")
{
    /// <summary>How often, or how much of it: 1 or more.</summary>
    public long Count { get; init; } = 1;

    /// <summary>The node's log has it already; else it is told there when it is kept.</summary>
    public bool IsLogged { get; init; } = true;
}
