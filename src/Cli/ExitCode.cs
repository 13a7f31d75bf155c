namespace Warren.Cli;

/// <summary>What a tool's process ends with: the codes of sysexits.h, used as RabbitMQ's tools use them.</summary>
internal enum ExitCode
{
    Ok = 0,

    /// <summary>The command line itself is wrong, or the command does not fit the node's state.</summary>
    Usage = 64,

    /// <summary>An argument's value is wrong, or names a virtual host that does not exist.</summary>
    DataError = 65,

    /// <summary>It names a user that does not exist.</summary>
    NoUser = 67,

    /// <summary>The node cannot be reached, refused, or failed a health check.</summary>
    Unavailable = 69,

    /// <summary>What is to be made exists already.</summary>
    Software = 70,

    /// <summary>It took too long.</summary>
    TemporaryFailure = 75,

    /// <summary>Something on this machine is set up wrongly.</summary>
    Configuration = 78,
}
