using System.Text;
using Xunit;

namespace Warren.Cli.Tests.Golden;

/// <summary>
/// The commands that a real RabbitMQ was recorded with, in the same order against a node in the same state: exit code,
/// standard output and standard error must be the same, line by line, but for what <see cref="Normaliser"/> takes away
/// and what <see cref="Differences"/> names.
/// </summary>
public sealed class RecordingTests
{
    [Fact]
    public async Task CommandsAnswerAsRabbitMqDid()
    {
        await using Populated populated = await Populated.StartAsync();
        var report = new StringBuilder();
        var differed = new HashSet<string>();
        foreach (Recording recording in Recording.Read(
            Path.Combine(AppContext.BaseDirectory, "Golden", "rabbitmq-3.10.txt")))
        {
            CommandRun run = populated.Node.RunWithInput(recording.Input, recording.Words);
            string difference = Compare(recording, run);
            if (difference.Length == 0)
                continue;
            // Some were recorded twice, and differ once.
            differed.Add(recording.Command);
            if (!Differences.All.ContainsKey(recording.Command))
                report.Append("$ ").Append(recording.Command).Append('\n').Append(difference);
        }
        foreach ((string command, string reason) in Differences.All.Where(one => !differed.Contains(one.Key)))
            report.Append("$ ").Append(command).Append($"\n  does not differ any more; it did, since: {reason}\n");
        Assert.True(report.Length == 0, report.ToString());
    }

    private static string Compare(Recording recording, CommandRun run)
    {
        var difference = new StringBuilder();
        if ((int)run.Code != recording.Code)
            difference.Append("  exit code ").Append(recording.Code).Append(" was recorded, ").Append((int)run.Code)
                .Append(" came\n");
        Compare(difference, '>', recording.Command, recording.Output, run.Output);
        Compare(difference, '!', recording.Command, recording.Error, run.Error);
        return difference.ToString();
    }

    private static void Compare(
        StringBuilder difference, char mark, string command, IReadOnlyList<string> recorded, string came)
    {
        IReadOnlyList<string> expected = Normaliser.Of(command, recorded);
        IReadOnlyList<string> actual = Normaliser.Of(command, came.Split('\n'));
        if (expected.SequenceEqual(actual))
            return;
        foreach (string line in expected.Except(actual))
            difference.Append("  -").Append(mark).Append(' ').Append(line).Append('\n');
        foreach (string line in actual.Except(expected))
            difference.Append("  +").Append(mark).Append(' ').Append(line).Append('\n');
        if (!expected.Except(actual).Any() && !actual.Except(expected).Any())
            difference.Append("  the same lines, another order or count\n");
    }
}
