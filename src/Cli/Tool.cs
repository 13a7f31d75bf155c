namespace Warren.Cli;

/// <summary>The names this one program goes by. A command may belong to several.</summary>
[Flags]
internal enum Tool
{
    None = 0,
    Ctl = 1,
    Plugins = 2,
    Queues = 4,
    Diagnostics = 8,
    Upgrade = 16,
    Warren = 32,
}
