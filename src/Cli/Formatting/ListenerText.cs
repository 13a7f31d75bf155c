using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>Where nodes serve.</summary>
internal static class ListenerText
{
    public static void Write(TextWriter output, JsonElement listeners, bool namesNode = false)
    {
        foreach (JsonElement listener in listeners.EnumerateArray())
        {
            string node = namesNode ? $"Node: {listener.GetProperty("node").GetString()}, i" : "I";
            output.WriteLine(
                $"{node}nterface: {listener.GetProperty("interface").GetString()}, "
                + $"port: {listener.GetProperty("port").GetRawText()}, "
                + $"protocol: {listener.GetProperty("protocol").GetString()}, "
                + $"purpose: {listener.GetProperty("purpose").GetString()}");
        }
    }
}
