using System.Buffers;

namespace Warren.Cluster.Links;

/// <summary>
/// Bytes that wait, first in first out, in one array that grows to its limit and is given back when little of it is
/// used for a while. Not safe for several threads; its owner has a lock.
/// </summary>
internal sealed class ByteRing(int limitBytes)
{
    private const int FirstBytes = 4096;

    private byte[] _bytes = [];
    private int _head;

    /// <summary>The most that waited since the last <see cref="Trim"/>.</summary>
    private int _peak;

    public int Count { get; private set; }

    public int FreeBytes => limitBytes - Count;

    /// <summary>Two runs as one; the caller has looked at <see cref="FreeBytes"/>.</summary>
    public void Add(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        EnsureRoom(first.Length + second.Length);
        Put(first);
        Put(second);
        _peak = Math.Max(_peak, Count);
    }

    /// <summary>Copies the head without taking it.</summary>
    public void Peek(Span<byte> target)
    {
        int first = Math.Min(target.Length, _bytes.Length - _head);
        _bytes.AsSpan(_head, first).CopyTo(target);
        _bytes.AsSpan(0, target.Length - first).CopyTo(target[first..]);
    }

    public void Take(Span<byte> target)
    {
        Peek(target);
        Count -= target.Length;
        _head = Count == 0 ? 0 : (_head + target.Length) % _bytes.Length;
    }

    /// <summary>Now and then: an empty array that was hardly used since the last time is given back.</summary>
    public void Trim()
    {
        if (Count == 0 && _peak < _bytes.Length / 8)
            Clear();
        _peak = Count;
    }

    public void Clear()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _head = 0;
        Count = 0;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        int at = (_head + Count) % _bytes.Length;
        int first = Math.Min(bytes.Length, _bytes.Length - at);
        bytes[..first].CopyTo(_bytes.AsSpan(at));
        bytes[first..].CopyTo(_bytes);
        Count += bytes.Length;
    }

    private void EnsureRoom(int more)
    {
        if (Count + more <= _bytes.Length)
            return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Count + more, Math.Max(FirstBytes, _bytes.Length * 2)));
        int count = Count;
        Peek(larger.AsSpan(0, count));
        Clear();
        _bytes = larger;
        Count = count;
    }
}
