namespace Warren.Cli.Node;

/// <summary>The node answered that it will not, or cannot.</summary>
internal sealed class NodeRefusalException(NodeRefusal refusal) : Exception(refusal.Text)
{
    public NodeRefusal Refusal { get; } = refusal;
}
