namespace Warren.Cli.Node;

/// <summary>What a command needs of the node before it begins.</summary>
internal enum NodeState
{
    /// <summary>Nothing: the command works without a node, or finds out for itself.</summary>
    Any,

    /// <summary>A process that answers, whatever its broker does.</summary>
    Process,

    AppRunning,

    AppStopped,
}
