namespace Warren.Broker.Exchanges;

/// <summary>Memory of a <see cref="TopicMatch"/>, kept by the route set and grown to the longest key met.</summary>
internal sealed class TopicScratch
{
    private int[] _wordEnds = new int[32];
    private ulong[] _bits = [];

    /// <summary>The end of each word of the key; a word starts one past the end before.</summary>
    public ReadOnlySpan<int> Split(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty)
            return [];
        int count = 0;
        int start = 0;
        while (true)
        {
            if (count == _wordEnds.Length)
                Array.Resize(ref _wordEnds, count * 2);
            int dot = key[start..].IndexOf('.');
            int end = dot < 0 ? key.Length : start + dot;
            _wordEnds[count++] = end;
            if (dot < 0)
                return _wordEnds.AsSpan(0, count);
            start = end + 1;
        }
    }

    /// <summary>
    /// One row of a table of bits, cleared. Rows handed out before stay where they are, in the table before.
    /// </summary>
    public Span<ulong> Row(int depth, int width)
    {
        int end = (depth + 1) * width;
        if (_bits.Length < end)
            _bits = new ulong[Math.Max(end * 2, 64)];
        Span<ulong> row = _bits.AsSpan(end - width, width);
        row.Clear();
        return row;
    }
}
