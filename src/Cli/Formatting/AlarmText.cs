using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>The alarms of a node, as status and cluster_status show them.</summary>
internal static class AlarmText
{
    public static void Write(TextWriter output, JsonElement alarms)
    {
        output.WriteLine($"\n{Bold.Of("Alarms")}\n");
        if (alarms.GetArrayLength() == 0)
            output.WriteLine("(none)");
        foreach (JsonElement alarm in alarms.EnumerateArray())
            output.WriteLine(Of(alarm));
    }

    public static string Of(JsonElement alarm) => alarm.GetProperty("resource").GetString() == "disk"
        ? $"Free disk space alarm on node {alarm.GetProperty("node").GetString()}"
        : $"Memory alarm on node {alarm.GetProperty("node").GetString()}";
}
