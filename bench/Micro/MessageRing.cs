using System.Numerics;

namespace Warren.Micro;

/// <summary>A first-in first-out ring of values that grows by doubling and never shrinks.</summary>
internal sealed class MessageRing
{
    private Message[] _items = new Message[1024];
    private int _head;

    internal int Count { get; private set; }

    internal void Add(ReadOnlySpan<Message> messages)
    {
        if (Count + messages.Length > _items.Length)
            Grow(Count + messages.Length);
        int tail = (_head + Count) & (_items.Length - 1);
        int first = Math.Min(messages.Length, _items.Length - tail);
        messages[..first].CopyTo(_items.AsSpan(tail));
        messages[first..].CopyTo(_items);
        Count += messages.Length;
    }

    internal Message Take()
    {
        Message message = _items[_head];
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        return message;
    }

    private void Grow(int needed)
    {
        var larger = new Message[(int)BitOperations.RoundUpToPowerOf2((uint)needed)];
        int first = Math.Min(Count, _items.Length - _head);
        _items.AsSpan(_head, first).CopyTo(larger);
        _items.AsSpan(0, Count - first).CopyTo(larger.AsSpan(first));
        _items = larger;
        _head = 0;
    }
}
