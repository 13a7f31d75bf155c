namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What a queue has taken of one source: the highest number, and which below it were not taken. A number that is passed
/// over was refused, or was no publish; it is never taken later, since that would be out of order. Of a keeper's
/// numbers all below the highest count as taken.
/// </summary>
internal sealed class SourceNumbers
{
    private readonly List<(long From, long To)> _passedOver;

    public SourceNumbers(PublishSource source, int ordinal)
        : this(source, ordinal, 0, [])
    {
    }

    private SourceNumbers(PublishSource source, int ordinal, long last, List<(long From, long To)> passedOver)
    {
        Source = source;
        Ordinal = ordinal;
        Last = last;
        _passedOver = passedOver;
    }

    public PublishSource Source { get; }

    /// <summary>Stands for it in entries of messages.</summary>
    public int Ordinal { get; }

    /// <summary>The highest number that was taken; 0: none.</summary>
    public long Last { get; private set; }

    /// <summary>By rising number.</summary>
    public IReadOnlyList<(long From, long To)> PassedOver => _passedOver;

    /// <summary>A message of this number was taken. One at or below <see cref="Last"/> changes nothing.</summary>
    public void Take(long number)
    {
        if (number <= Last)
            return;
        if (number > Last + 1 && !Source.IsKeepers)
            _passedOver.Add((Last + 1, number - 1));
        Last = number;
    }

    /// <summary>Whether a number at or below <see cref="Last"/> was taken.</summary>
    public bool WasTaken(long number)
    {
        int low = 0;
        int high = _passedOver.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_passedOver[middle].To < number)
                low = middle + 1;
            else
                high = middle;
        }
        return low == _passedOver.Count || _passedOver[low].From > number;
    }

    /// <summary>The source asks for none below this number any more; false: nothing was kept of those.</summary>
    public bool Forget(long number)
    {
        int count = 0;
        while (count < _passedOver.Count && _passedOver[count].To < number)
            count++;
        if (count == 0)
            return false;
        _passedOver.RemoveRange(0, count);
        return true;
    }

    public SourceNumbers Copy() => new(Source, Ordinal, Last, [.. _passedOver]);

    /// <summary>As a <see cref="QueueState"/> has it.</summary>
    internal static SourceNumbers Read(
        PublishSource source, int ordinal, long last, List<(long From, long To)> passedOver) =>
        new(source, ordinal, last, passedOver);
}
