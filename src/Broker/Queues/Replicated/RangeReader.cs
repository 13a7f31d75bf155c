using Warren.Broker.Durability;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>Reads ranges of indexes, as <see cref="MessageEntry"/> writes them. The default value has none.</summary>
internal ref struct RangeReader
{
    private readonly ReadOnlySpan<byte> _input;
    private int _at;
    private long _left;
    private long _before;

    public RangeReader(ReadOnlySpan<byte> input)
    {
        _input = input;
        _left = MessageMeta.ReadNumber(input, ref _at);
    }

    /// <exception cref="DurableFormatException">It ends early, or makes no sense.</exception>
    public bool TryNext(out IndexRange range)
    {
        range = default;
        if (_left == 0)
            return false;
        _left--;
        long first = checked(_before + MessageMeta.ReadNumber(_input, ref _at));
        long last = checked(first + MessageMeta.ReadNumber(_input, ref _at));
        if (first <= _before || last < first)
            throw new DurableFormatException("entries that are gone are not in order");
        _before = last;
        range = new IndexRange(new LogIndex(first), new LogIndex(last));
        return true;
    }
}
