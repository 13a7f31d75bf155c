namespace Warren.Cli.CommandLine;

/// <summary>What may follow a switch.</summary>
internal enum SwitchKind
{
    /// <summary>Nothing; <c>--no-NAME</c> takes it back.</summary>
    Flag,

    Text,

    /// <summary>A whole number.</summary>
    Number,
}
