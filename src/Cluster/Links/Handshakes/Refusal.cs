namespace Warren.Cluster.Links;

/// <summary>
/// Why a link did not come about. The sentence names both nodes, what differs and what to do, in words that are true on
/// both sides, so both can show the same.
/// </summary>
public sealed record Refusal(RefusalCode Code, string Sentence)
{
    public override string ToString() => Sentence;
}
