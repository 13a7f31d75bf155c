using System.Numerics;

namespace Warren.Load;

/// <summary>
/// The messages a producer has sent and not yet seen confirmed. Tags count from 1, as the broker counts them, and may
/// be confirmed in any order. Used by the producer's loop only.
/// </summary>
internal sealed class ConfirmWindow
{
    private readonly int _size;
    private readonly long[] _sentAt;
    private readonly int _mask;
    private long _lowest = 1;
    private long _next = 1;
    private int _outstanding;

    internal ConfirmWindow(int size)
    {
        _size = size;
        // Confirms out of order make the span of open tags wider than the number of open tags.
        _sentAt = new long[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, size * 4))];
        _mask = _sentAt.Length - 1;
    }

    internal Histogram Latency { get; } = new();

    internal long Confirmed { get; private set; }

    internal long Rejected { get; private set; }

    internal bool Empty => _outstanding == 0;

    internal int Free => (int)Math.Min(_size - _outstanding, _sentAt.Length - (_next - _lowest));

    internal void Sent(int count, long now)
    {
        for (int i = 0; i < count; i++)
            _sentAt[_next++ & _mask] = now;
        _outstanding += count;
    }

    internal void Resolve(long tag, bool multiple, bool positive, long now, long measureFrom)
    {
        if (tag >= _next)
            throw new IOException($"the broker confirmed {tag}, which was not sent");
        for (long one = Math.Max(_lowest, multiple ? _lowest : tag); one <= tag; one++)
        {
            long sentAt = _sentAt[one & _mask];
            if (sentAt == 0)
                continue;
            _sentAt[one & _mask] = 0;
            _outstanding--;
            if (positive)
                Confirmed++;
            else
                Rejected++;
            if (sentAt >= measureFrom)
                Latency.Record(now - sentAt);
        }

        while (_lowest < _next && _sentAt[_lowest & _mask] == 0)
            _lowest++;
    }
}
