using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>
/// A node of a topic exchange's trie: the destinations of the pattern that ends here, and the patterns that go on with
/// a word, with '*' or with '#'. Immutable; a change copies the nodes along one pattern. A node with nothing under it
/// and nothing in it does not exist.
/// </summary>
internal sealed class TopicNode
{
    public static TopicNode Empty { get; } = new();

    public DestinationSet Destinations { get; private init; }

    public NameMap<TopicNode> Words { get; private init; } = NameMap<TopicNode>.Empty;

    /// <summary>The child for '*'.</summary>
    public TopicNode? AnyWord { get; private init; }

    /// <summary>The child for '#'.</summary>
    public TopicNode? AnyWords { get; private init; }

    private bool IsEmpty =>
        Destinations.IsEmpty && Words.Count == 0 && AnyWord is null && AnyWords is null;

    public TopicNode With(Binding binding, bool isNew) => With(PatternOf(binding), binding, isNew);

    public TopicNode Without(Binding binding) => Without(PatternOf(binding), binding) ?? Empty;

    // The empty pattern has no words, not one that is empty.
    private static string[] PatternOf(Binding binding) =>
        binding.RoutingKey.Length == 0 ? [] : binding.RoutingKey.Split('.');

    private TopicNode With(ReadOnlySpan<string> pattern, Binding binding, bool isNew)
    {
        if (pattern.IsEmpty)
            return Copy(Destinations.With(binding, isNew), Words, AnyWord, AnyWords);
        TopicNode child = (Child(pattern[0]) ?? Empty).With(pattern[1..], binding, isNew);
        return WithChild(pattern[0], child);
    }

    /// <summary>Null when nothing is left of the node.</summary>
    private TopicNode? Without(ReadOnlySpan<string> pattern, Binding binding)
    {
        TopicNode copy;
        if (pattern.IsEmpty)
        {
            copy = Copy(Destinations.Without(binding), Words, AnyWord, AnyWords);
        }
        else
        {
            if (Child(pattern[0]) is not { } child)
                return this;
            copy = WithChild(pattern[0], child.Without(pattern[1..], binding));
        }
        return copy.IsEmpty ? null : copy;
    }

    private TopicNode? Child(string word) => word switch
    {
        "*" => AnyWord,
        "#" => AnyWords,
        _ => Words.TryGetValue(word, out TopicNode? child) ? child : null,
    };

    private TopicNode WithChild(string word, TopicNode? child) => word switch
    {
        "*" => Copy(Destinations, Words, child, AnyWords),
        "#" => Copy(Destinations, Words, AnyWord, child),
        _ => Copy(Destinations, child is null ? Words.Without(word) : Words.With(word, child), AnyWord, AnyWords),
    };

    private static TopicNode Copy(
        DestinationSet destinations, NameMap<TopicNode> words, TopicNode? anyWord, TopicNode? anyWords) =>
        new() { Destinations = destinations, Words = words, AnyWord = anyWord, AnyWords = anyWords };
}
