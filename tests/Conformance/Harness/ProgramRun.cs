using System.Diagnostics;
using System.Text;

namespace Warren.Conformance.Harness;

/// <summary>
/// How a program ended: its exit code (-1 when it was killed for its time) and everything it printed.
/// </summary>
public sealed record ProgramRun(int ExitCode, string Output)
{
    /// <summary>Runs a program to its end and kills it with its children when it takes longer than it may.</summary>
    public static ProgramRun Start(
        string program, IEnumerable<string> arguments, TimeSpan patience, string? directory = null)
    {
        ProcessStartInfo start = new(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = directory ?? Repository.Root,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = new() { StartInfo = start };
        StringBuilder output = new();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        bool ended = process.WaitForExit(patience);
        if (!ended)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        lock (output)
            return new ProgramRun(
                ended ? process.ExitCode : -1, output + (ended ? "" : $"killed after {patience.TotalSeconds} s"));
    }

    /// <summary>True when the program exists and, run with these arguments, ends with 0.</summary>
    public static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            return Start(program, arguments, TimeSpan.FromSeconds(30)).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static void Append(StringBuilder output, string? line)
    {
        if (line is null)
            return;
        lock (output)
            output.AppendLine(line);
    }
}
