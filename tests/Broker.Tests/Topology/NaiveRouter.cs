using Warren.Amqp;
using Warren.Broker.Topology;

namespace Warren.Broker.Tests.Topology;

/// <summary>
/// Routing and removal by brute force over a list of bindings, from the rules and not from the code: what random tests
/// compare with.
/// </summary>
internal sealed class NaiveRouter
{
    public Dictionary<string, (string Type, bool AutoDelete, string? Alternate)> Exchanges { get; } = [];

    public HashSet<string> Queues { get; } = [];

    public List<Binding> Bindings { get; } = [];

    public string Route(string exchange, string[] keys, FieldTable headers)
    {
        var queues = new SortedSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string> { exchange };
        var pending = new Stack<string>([exchange]);
        while (pending.TryPop(out string? name))
        {
            (string type, _, string? alternate) = Exchanges[name];
            Binding[] matching = [.. Bindings.Where(b =>
                b.Source == name && keys.Any(key => Matches(type, b, key, headers)))];
            foreach (Binding binding in matching.Where(b => b.DestinationKind == DestinationKind.Queue))
                queues.Add(binding.Destination);
            IEnumerable<string> next = matching.Length == 0 && alternate is not null
                ? [alternate]
                : matching.Where(b => b.DestinationKind == DestinationKind.Exchange).Select(b => b.Destination);
            foreach (string other in next)
            {
                if (Exchanges.ContainsKey(other) && seen.Add(other))
                    pending.Push(other);
            }
        }
        return string.Join(' ', queues);
    }

    public void Remove(Func<Binding, bool> which)
    {
        string[] sources = [.. Bindings.Where(b => which(b)).Select(b => b.Source)];
        Bindings.RemoveAll(b => which(b));
        foreach (string source in sources)
        {
            if (Exchanges.TryGetValue(source, out var exchange)
                && exchange.AutoDelete
                && !Bindings.Any(b => b.Source == source))
                RemoveExchange(source);
        }
    }

    public void RemoveExchange(string name)
    {
        Exchanges.Remove(name);
        Bindings.RemoveAll(b => b.Source == name);
        Remove(b => b.DestinationKind == DestinationKind.Exchange && b.Destination == name);
    }

    private static bool Matches(string type, Binding binding, string key, FieldTable headers) => type switch
    {
        "direct" => binding.RoutingKey == key,
        "fanout" => true,
        "topic" => TopicMatches(Words(binding.RoutingKey), Words(key)),
        _ => binding.Arguments.Where(a => !a.Key.StartsWith("x-", StringComparison.Ordinal)).All(a =>
            headers.TryGetValue(a.Key, out FieldValue value) && value == a.Value),
    };

    private static string[] Words(string key) => key.Length == 0 ? [] : key.Split('.');

    private static bool TopicMatches(ReadOnlySpan<string> pattern, ReadOnlySpan<string> words)
    {
        if (pattern.IsEmpty)
            return words.IsEmpty;
        if (pattern[0] == "#")
            return TopicMatches(pattern[1..], words) || (!words.IsEmpty && TopicMatches(pattern, words[1..]));
        return !words.IsEmpty
            && (pattern[0] == "*" || pattern[0] == words[0])
            && TopicMatches(pattern[1..], words[1..]);
    }
}
