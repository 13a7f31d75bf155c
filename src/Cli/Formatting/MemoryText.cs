using System.Globalization;
using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>What memory is used for, the largest part first.</summary>
internal static class MemoryText
{
    public static void Write(TextWriter output, JsonElement memory, MemoryUnit unit)
    {
        long total = memory.GetProperty("total").GetProperty("rss").GetInt64();
        foreach ((string name, long bytes) in Parts(memory))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name}: {unit.Of(bytes)} ({Share(bytes, total):0.0#}%)"));
        }
    }

    public static IEnumerable<(string Name, long Bytes)> Parts(JsonElement memory) =>
        memory.EnumerateObject()
            .Where(part => part.Value.ValueKind == JsonValueKind.Number)
            .Select(part => (part.Name, Bytes: part.Value.GetInt64()))
            .OrderByDescending(part => part.Bytes);

    public static double Share(long bytes, long total) => total == 0 ? 0 : Math.Round(100.0 * bytes / total, 2);
}
