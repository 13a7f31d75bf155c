using System.Numerics;
using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>
/// One key on its way through a topic exchange's trie. Until a '#' the node reached and the number of words read go
/// together; from there on a node is visited once with the set of all positions in the key at which it can be reached.
/// So a node costs at most the key's words, however many '#' patterns have: trying one position after the other would
/// take time exponential in them, which a client could choose.
/// </summary>
internal ref struct TopicMatch
{
    private readonly ReadOnlySpan<char> _key;
    private readonly ReadOnlySpan<int> _wordEnds;
    private readonly RouteSet _routes;
    // Words of 64 positions; there is one position more than words.
    private readonly int _width;
    private bool _matched;

    public TopicMatch(ReadOnlySpan<char> key, RouteSet routes)
    {
        _key = key;
        _routes = routes;
        _wordEnds = routes.Topic.Split(key);
        _width = (_wordEnds.Length / 64) + 1;
    }

    /// <summary>Adds the destinations of all patterns that match; false when none does.</summary>
    public bool Run(TopicNode root)
    {
        At(root, 0);
        return _matched;
    }

    private void At(TopicNode node, int position)
    {
        if (node.AnyWords is { } anyWords)
            AfterAnyWords(anyWords, position, depth: 0);
        if (position == _wordEnds.Length)
        {
            Add(node);
            return;
        }
        if (node.Words.Count > 0 && node.Words.TryGetValue(Word(position), out TopicNode? child))
            At(child, position + 1);
        if (node.AnyWord is { } anyWord)
            At(anyWord, position + 1);
    }

    /// <summary>
    /// Visits the child for '#' of a node that the first words lead to: it is at all later positions too.
    /// </summary>
    private void AfterAnyWords(TopicNode node, int first, int depth)
    {
        // What most patterns with '#' are: it ends them.
        Add(node);
        if (node.Words.Count == 0 && node.AnyWord is null && node.AnyWords is null)
            return;
        Span<ulong> positions = _routes.Topic.Row(depth, _width);
        for (int i = first; i <= _wordEnds.Length; i++)
            positions[i / 64] |= 1UL << (i % 64);
        Children(node, positions, depth);
    }

    private void Children(TopicNode node, ReadOnlySpan<ulong> positions, int depth)
    {
        if (node.AnyWords is { } anyWords)
            AfterAnyWords(anyWords, First(positions), depth + 1);
        if (node.AnyWord is { } anyWord)
        {
            Span<ulong> next = _routes.Topic.Row(depth + 1, _width);
            for (int at = Next(positions, 0); at < _wordEnds.Length; at = Next(positions, at + 1))
                Set(next, at + 1);
            Positions(anyWord, next, depth + 1);
        }
        if (node.Words.Count == 0)
            return;
        if (node.Words.Count <= _wordEnds.Length)
            WordsOfNode(node, positions, depth);
        else
            WordsOfKey(node, positions, depth);
    }

    private void Positions(TopicNode node, ReadOnlySpan<ulong> positions, int depth)
    {
        if (First(positions) > _wordEnds.Length)
            return;
        if ((positions[_wordEnds.Length / 64] >> (_wordEnds.Length % 64) & 1) != 0)
            Add(node);
        Children(node, positions, depth);
    }

    private void WordsOfNode(TopicNode node, ReadOnlySpan<ulong> positions, int depth)
    {
        foreach ((string word, TopicNode child) in node.Words)
            Child(child, word, positions, Next(positions, 0), depth);
    }

    /// <summary>The same where the node has more words than the key: look up the key's, each word once.</summary>
    private void WordsOfKey(TopicNode node, ReadOnlySpan<ulong> positions, int depth)
    {
        for (int at = Next(positions, 0); at < _wordEnds.Length; at = Next(positions, at + 1))
        {
            if (node.Words.TryGetValue(Word(at), out TopicNode? child) && !ComesBefore(positions, at))
                Child(child, Word(at), positions, at, depth);
        }
    }

    private void Child(
        TopicNode child, ReadOnlySpan<char> word, ReadOnlySpan<ulong> positions, int first, int depth)
    {
        Span<ulong> next = _routes.Topic.Row(depth + 1, _width);
        bool any = false;
        for (int at = first; at < _wordEnds.Length; at = Next(positions, at + 1))
        {
            if (!Word(at).SequenceEqual(word))
                continue;
            Set(next, at + 1);
            any = true;
        }
        if (any)
            Positions(child, next, depth + 1);
    }

    private readonly bool ComesBefore(ReadOnlySpan<ulong> positions, int position)
    {
        for (int at = Next(positions, 0); at < position; at = Next(positions, at + 1))
        {
            if (Word(at).SequenceEqual(Word(position)))
                return true;
        }
        return false;
    }

    private void Add(TopicNode node) => _matched |= node.Destinations.AddTo(_routes);

    private readonly ReadOnlySpan<char> Word(int index)
    {
        int start = index == 0 ? 0 : _wordEnds[index - 1] + 1;
        return _key[start.._wordEnds[index]];
    }

    private readonly int First(ReadOnlySpan<ulong> positions) => Next(positions, 0);

    /// <summary>The first position from one on; past the key's end when there is none.</summary>
    private readonly int Next(ReadOnlySpan<ulong> positions, int from)
    {
        for (int i = from / 64; i < positions.Length; i++)
        {
            ulong bits = i == from / 64 ? positions[i] & (ulong.MaxValue << (from % 64)) : positions[i];
            if (bits != 0)
                return (i * 64) + BitOperations.TrailingZeroCount(bits);
        }
        return _wordEnds.Length + 1;
    }

    private static void Set(Span<ulong> positions, int position) =>
        positions[position / 64] |= 1UL << (position % 64);
}
