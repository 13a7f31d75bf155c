namespace Warren.Cli.Node;

/// <summary>Why the node did not do what it was asked, as far as exit codes and words depend on it.</summary>
internal enum RefusalKind
{
    Other,
    NotFound,
    NoSuchUser,
    NoSuchVhost,
    AlreadyExists,
    InvalidArgument,
    AppStopped,
    AppRunning,
    NotBuilt,
    TimedOut,
}
