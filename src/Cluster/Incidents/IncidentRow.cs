using System.Text.Json;

namespace Warren.Cluster.Incidents;

/// <summary>An incident as it is shown.</summary>
/// <param name="Time">UTC; in the order of the text.</param>
/// <param name="Kind">Its name.</param>
/// <param name="Count">How often.</param>
/// <param name="What">What has happened.</param>
/// <param name="Advice">What to do; empty: nothing.</param>
public sealed record IncidentRow(string Time, string Kind, long Count, string What, string Advice)
{
    /// <summary>What <see cref="Write"/> writes.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["time", "node", "kind", "count", "what", "what_to_do"];

    /// <summary>Writes it as an array with a value for each of <see cref="Columns"/>.</summary>
    public void Write(Utf8JsonWriter json, string node)
    {
        json.WriteStartArray();
        json.WriteStringValue(Time);
        json.WriteStringValue(node);
        json.WriteStringValue(Kind);
        json.WriteNumberValue(Count);
        json.WriteStringValue(What);
        json.WriteStringValue(Advice);
        json.WriteEndArray();
    }
}
