namespace Warren.Server.Configuration;

/// <summary>The node's name and where its files lie. All paths are absolute.</summary>
public sealed record NodePlaces
{
    /// <summary><c>RABBITMQ_NODENAME</c>, such as <c>rabbit@host1</c>; always with a host part.</summary>
    public required string NodeName { get; init; }

    /// <summary><c>RABBITMQ_MNESIA_DIR</c>: the node's own data.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>RABBITMQ_PID_FILE</c>: holds the process id while the node runs.</summary>
    public required string PidFile { get; init; }

    /// <summary>
    /// <c>RABBITMQ_CONTROL_SOCKET</c>, else beside the pid file: where the command line tools find the node.
    /// </summary>
    public required string ControlSocket { get; init; }

    /// <summary><c>RABBITMQ_LOG_BASE</c>.</summary>
    public required string LogDirectory { get; init; }

    /// <summary><c>RABBITMQ_CONFIG_FILE</c> with its ending.</summary>
    public required string MainConfigurationFile { get; init; }

    /// <summary>
    /// <c>RABBITMQ_CONFIG_FILES</c>: a directory whose <c>*.conf</c> are read, or a pattern of file names.
    /// </summary>
    public required string MoreConfigurationFiles { get; init; }

    /// <summary><c>RABBITMQ_ADVANCED_CONFIG_FILE</c>, named in a warning when it exists.</summary>
    public required string AdvancedConfigurationFile { get; init; }

    /// <summary><c>RABBITMQ_ENABLED_PLUGINS_FILE</c>.</summary>
    public required string EnabledPluginsFile { get; init; }

    /// <summary><c>HOME/.erlang.cookie</c>.</summary>
    public required string CookieFile { get; init; }

    /// <summary>Port of the links to other nodes: <c>RABBITMQ_DIST_PORT</c>, else the AMQP port and 20000.</summary>
    public required int PeerPort { get; init; }
}
