namespace Warren.Conformance.Harness;

/// <summary>Runs a command line of the operator's choosing, such as rabbitmqctl with its node.</summary>
public static class Shell
{
    /// <summary>Runs it to its end; a failure is an exception with what it said.</summary>
    public static void Run(string command)
    {
        ProgramRun run = ProgramRun.Start("/bin/sh", ["-c", command], TimeSpan.FromMinutes(2));
        if (run.ExitCode != 0)
            throw new InvalidOperationException($"{command}: exit {run.ExitCode}: {run.Output}");
    }
}
