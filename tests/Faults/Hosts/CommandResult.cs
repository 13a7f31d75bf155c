namespace Warren.Faults.Hosts;

/// <summary>What a command on a host said, and how it ended.</summary>
internal sealed record CommandResult(string Command, int Code, string Output, string Error)
{
    /// <summary>All of it, for a message.</summary>
    public override string ToString() => $"$ {Command}\n{Output}{Error}(exit code {Code})";
}
