namespace Warren.Cluster.Links;

/// <summary>
/// Why a link did not come about. The sentence names both nodes, what differs and what to do, in words that are true on
/// both sides, so both can show the same.
/// </summary>
public sealed record Refusal(RefusalCode Code, string Sentence)
{
    /// <summary>The other machine is there, and nobody listens: no such process runs, or it ends.</summary>
    public bool IsNobodyThere { get; init; }

    public override string ToString() => Sentence;
}
