namespace Warren.Cli.Help;

/// <summary>Under which title a tool's help lists a command; in the order of the list.</summary>
internal enum Section
{
    Help,
    Nodes,
    Cluster,
    Replication,
    Users,
    AccessControl,
    Monitoring,
    Parameters,
    Policies,
    VirtualHosts,
    Configuration,
    Definitions,
    FeatureFlags,
    Operations,
    Queues,
    Plugins,
    Upgrade,
    Deprecated,
}
