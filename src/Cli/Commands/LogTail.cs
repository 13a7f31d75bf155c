using System.Text.Json;
using Warren.Cli.CommandLine;

namespace Warren.Cli.Commands;

/// <summary>The last lines of the node's log.</summary>
internal sealed class LogTail() : DiagnosticCommand(
    "log_tail", "[--number|-N <number>]", "Prints the last N lines of the log on the node", "status")
{
    /// <summary>So much of the file's end is looked at.</summary>
    private const int TailBytes = 1024 * 1024;

    public override Node.NodeState Needs => Node.NodeState.Process;

    public override Switch[] Switches => [new("number", SwitchKind.Number, 'N')];

    public override string? Banner(Invocation call) =>
        $"Last {LinesOf(call)} log lines on node {call.Place.NodeName} ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        foreach (JsonElement file in answer.GetProperty("log_files").EnumerateArray())
        {
            if (file.GetString() is { } path && path != "<stdout>")
                Write(call, path);
        }
        return ExitCode.Ok;
    }

    private static int LinesOf(Invocation call) => call.Number("number") ?? 50;

    private static void Write(Invocation call, string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(TailBytes, file.Length), SeekOrigin.End);
            using var reader = new StreamReader(file);
            var last = new Queue<string>();
            while (reader.ReadLine() is { } line)
            {
                last.Enqueue(line);
                if (last.Count > LinesOf(call))
                    last.Dequeue();
            }
            foreach (string line in last)
                call.Output.WriteLine(line);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Because(ExitCode.Unavailable, $"{path} cannot be read: {error.Message}");
        }
    }
}
