using System.Diagnostics;

namespace Warren.Faults.Hosts;

/// <summary>Runs programs to their end.</summary>
internal static class Shell
{
    /// <summary>Runs a program; one that takes too long is killed, and that is a fault.</summary>
    public static async Task<CommandResult> RunAsync(
        string shown, IReadOnlyList<string> line, TimeSpan patience, string input = "")
    {
        var start = new ProcessStartInfo(line[0], line.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync().WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new FaultException($"$ {shown}\nhas not ended after {patience.TotalSeconds} s");
        }
        return new CommandResult(shown, process.ExitCode, await output, await error);
    }

    /// <summary>Runs what must succeed.</summary>
    public static async Task<CommandResult> MustAsync(string shown, IReadOnlyList<string> line, TimeSpan patience)
    {
        CommandResult result = await RunAsync(shown, line, patience);
        return result.Code == 0 ? result : throw new FaultException($"This had to succeed:\n{result}");
    }
}
