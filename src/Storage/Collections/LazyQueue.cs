using System.Diagnostics.CodeAnalysis;

namespace Warren.Storage.Collections;

/// <summary>
/// A queue that takes the place of a reference until something is put into it. For what thousands of objects have and
/// few ever use: an empty <see cref="Queue{T}"/> takes 64 bytes. A field of it must not be readonly.
/// </summary>
public struct LazyQueue<T>
{
    private static readonly Queue<T> Empty = new(0);

    private Queue<T>? _items;

    public readonly int Count => _items?.Count ?? 0;

    public void Enqueue(T item) => (_items ??= new Queue<T>()).Enqueue(item);

    /// <exception cref="InvalidOperationException">It is empty.</exception>
    public readonly T Dequeue() => (_items ?? Empty).Dequeue();

    /// <exception cref="InvalidOperationException">It is empty.</exception>
    public readonly T Peek() => (_items ?? Empty).Peek();

    public readonly bool TryDequeue([MaybeNullWhen(false)] out T item)
    {
        item = default;
        return _items is not null && _items.TryDequeue(out item);
    }

    public readonly bool TryPeek([MaybeNullWhen(false)] out T item)
    {
        item = default;
        return _items is not null && _items.TryPeek(out item);
    }

    public readonly void Clear() => _items?.Clear();

    public readonly Queue<T>.Enumerator GetEnumerator() => (_items ?? Empty).GetEnumerator();
}
