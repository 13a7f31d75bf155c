using System.Diagnostics;

namespace Warren.Conformance.Harness;

/// <summary>Runs a command line of the operator's choosing, such as rabbitmqctl with its node.</summary>
public static class Shell
{
    /// <summary>Runs it to its end; a failure is an exception with what it said, unless it may fail.</summary>
    public static void Run(string command, bool mayFail)
    {
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command + " 2>&1");
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0 && !mayFail)
            throw new InvalidOperationException($"{command}: exit {process.ExitCode}: {output}");
    }
}
