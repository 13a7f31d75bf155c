using System.Text.Json;

namespace Warren.Cli.Commands;

/// <summary>One of the <c>queues</c> that a node says would be out of reach without it.</summary>
internal static class CriticalQueue
{
    /// <summary>As an operator knows it: delayed messages are kept in what no list of queues shows.</summary>
    public static string NameOf(JsonElement queue)
    {
        bool isStore = queue.TryGetProperty("delayed_exchange", out JsonElement exchange);
        string name = isStore ? $"delayed exchange '{exchange.GetString()}'"
            : $"queue '{queue.GetProperty("name").GetString()}'";
        return $"{name} in vhost '{queue.GetProperty("vhost").GetString()}'";
    }
}
