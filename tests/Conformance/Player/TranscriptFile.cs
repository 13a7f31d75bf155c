using System.Text;

namespace Warren.Conformance.Player;

/// <summary>
/// Transcripts beside a scenario: NAME.rabbitmq.txt is what RabbitMQ 3.10 said in every case; NAME.warren.txt holds the
/// cases in which Warren is to differ, each with a line "why" under its heading.
/// </summary>
public static class TranscriptFile
{
    /// <summary>Reads a transcript file; empty when there is none.</summary>
    public static IReadOnlyList<CaseTranscript> Read(string path)
    {
        List<CaseTranscript> cases = [];
        if (!File.Exists(path))
            return cases;
        List<string> lines = [];
        foreach (string line in File.ReadAllLines(path))
        {
            if (line.StartsWith("case ", StringComparison.Ordinal))
            {
                lines = [];
                (string id, string title) = ScenarioParser.Heading(line[5..]);
                cases.Add(new CaseTranscript(id, title, null, lines));
            }
            else if (line.StartsWith("why ", StringComparison.Ordinal))
            {
                cases[^1] = cases[^1] with { Reason = line[4..] };
            }
            else if (line.StartsWith(' '))
            {
                lines.Add(line);
            }
        }

        return cases;
    }

    /// <summary>Writes the recording of a scenario.</summary>
    public static void Write(string path, IReadOnlyList<CaseTranscript> cases)
    {
        StringBuilder text = new();
        foreach (CaseTranscript one in cases)
            text.Append(text.Length > 0 ? "\n" : "").Append(Show(one));
        File.WriteAllText(path, text.ToString());
    }

    /// <summary>A case with its heading, as it stands in a file.</summary>
    public static string Show(CaseTranscript one)
    {
        string id = one.Id.EndsWith(' ') ? $"\"{one.Id}\"" : one.Id;
        string title = one.Title.Length > 0 ? ": " + one.Title : "";
        string why = one.Reason is null ? "" : $"why {one.Reason}\n";
        return $"case {id}{title}\n{why}{string.Concat(one.Lines.Select(line => line + "\n"))}";
    }
}
