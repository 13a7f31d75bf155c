using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Warren.Cluster.Incidents;

/// <summary>
/// The file <c>incidents/record.jsonl</c> of a data directory (docs/formats/incidents.md): JSON objects, one a line,
/// the oldest first. A line that a crash has cut off, or that a later version has written otherwise, is passed over.
/// </summary>
public static class IncidentFormat
{
    /// <summary>Its path in the data directory.</summary>
    public const string Path = "incidents/record.jsonl";

    /// <summary>A text is cut behind so many characters: a record is no place for a list of all queues.</summary>
    public const int MostCharacters = 2000;

    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Such as <c>force_boot</c>.</summary>
    public static string NameOf(IncidentKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    /// <summary>Such as <c>2026-11-28T16:44:22.010Z</c>, so that text in order is time in order.</summary>
    public static string TimeOf(DateTimeOffset time) =>
        time.ToUniversalTime().ToString(TimeForm, CultureInfo.InvariantCulture);

    /// <summary>One line, its end with it.</summary>
    public static byte[] Write(KeptIncident kept)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("time", TimeOf(kept.Time));
            json.WriteString("kind", NameOf(kept.Incident.Kind));
            json.WriteString("subject", Cut(kept.Incident.Subject));
            json.WriteNumber("count", kept.Incident.Count);
            json.WriteString("since", TimeOf(kept.Since));
            json.WriteString("what", Cut(kept.Incident.What));
            json.WriteString("advice", Cut(kept.Incident.Advice));
            json.WriteEndObject();
        }
        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    /// <summary>
    /// The whole lines of a file that can be read, as they are shown: time, kind, count, what, advice.
    /// </summary>
    public static ImmutableArray<IncidentRow> Read(ReadOnlySpan<byte> file)
    {
        ImmutableArray<IncidentRow>.Builder rows = ImmutableArray.CreateBuilder<IncidentRow>();
        while (file.IndexOf((byte)'\n') is >= 0 and var end)
        {
            if (TryRead(file[..end], out IncidentRow? row))
                rows.Add(row!);
            file = file[(end + 1)..];
        }
        return rows.ToImmutable();
    }

    /// <summary>As it is shown.</summary>
    public static IncidentRow RowOf(KeptIncident kept)
    {
        string what = Cut(kept.Incident.What);
        if (kept.Since != kept.Time)
            what = $"{what} (since {TimeOf(kept.Since)})";
        return new IncidentRow(
            TimeOf(kept.Time), NameOf(kept.Incident.Kind), kept.Incident.Count, what, Cut(kept.Incident.Advice));
    }

    /// <summary>
    /// A text in which names stand that clients chose, for a terminal or a line of a file: nothing in it moves a
    /// cursor, or looks like another line.
    /// </summary>
    public static string OneLine(string text)
    {
        text = text.ReplaceLineEndings(" ");
        return text.Any(char.IsControl) ? string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c)) : text;
    }

    private static bool TryRead(ReadOnlySpan<byte> line, out IncidentRow? row)
    {
        row = null;
        try
        {
            var reader = new Utf8JsonReader(line);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement one = document.RootElement;
            string time = one.GetProperty("time").GetString()!;
            string since = one.GetProperty("since").GetString()!;
            string what = one.GetProperty("what").GetString()!;
            row = new IncidentRow(
                OneLine(time), OneLine(one.GetProperty("kind").GetString()!), one.GetProperty("count").GetInt64(),
                OneLine(since == time ? what : $"{what} (since {since})"),
                OneLine(one.GetProperty("advice").GetString()!));
            return true;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            return false;
        }
    }

    // Not within a character of two halves.
    private static string Cut(string text)
    {
        text = OneLine(text);
        if (text.Length <= MostCharacters)
            return text;
        int end = char.IsHighSurrogate(text[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters;
        return new StringBuilder(text, 0, end, end + 3).Append("...").ToString();
    }
}
