using System.Reflection;
using Warren.Amqp;
using Xunit;

namespace Warren.Broker.Tests.Arguments;

/// <summary>
/// Reads the text files beside this one: a case a line, fields apart by <c> | </c>, comments after <c>#</c>. The first
/// field names the case, the last one is <c>ok</c> or the reply text that is expected.
/// </summary>
internal static class RecordedCases
{
    public static TheoryData<string[]> Read(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"the test project embeds no {file}");
        using var reader = new StreamReader(stream);
        var cases = new TheoryData<string[]>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
                cases.Add(line.Split(" | "));
        }

        return cases;
    }

    /// <summary>Runs what the case tells and returns its result in the form of the last field.</summary>
    public static string Outcome(Action action)
    {
        try
        {
            action();
            return "ok";
        }
        catch (AmqpException refused)
        {
            return refused.ReplyText;
        }
    }
}
