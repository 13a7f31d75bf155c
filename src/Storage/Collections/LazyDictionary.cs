using System.Diagnostics.CodeAnalysis;

namespace Warren.Storage.Collections;

/// <summary>
/// A dictionary that takes the place of a reference until something is put into it. For what thousands of objects have
/// and few ever use: an empty <see cref="Dictionary{TKey, TValue}"/> takes 80 bytes. A field of it must not be
/// readonly.
/// </summary>
public struct LazyDictionary<TKey, TValue>
    where TKey : notnull
{
    private static readonly Dictionary<TKey, TValue> Empty = [];

    private Dictionary<TKey, TValue>? _items;

    public readonly int Count => _items?.Count ?? 0;

    public readonly Dictionary<TKey, TValue>.KeyCollection Keys => (_items ?? Empty).Keys;

    public readonly Dictionary<TKey, TValue>.ValueCollection Values => (_items ?? Empty).Values;

    /// <exception cref="KeyNotFoundException">It is not there.</exception>
    public readonly TValue this[TKey key] => (_items ?? Empty)[key];

    /// <summary>The dictionary itself, for whoever puts something into it.</summary>
    public Dictionary<TKey, TValue> Filled() => _items ??= [];

    /// <exception cref="ArgumentException">It is there already.</exception>
    public void Add(TKey key, TValue value) => Filled().Add(key, value);

    public bool TryAdd(TKey key, TValue value) => Filled().TryAdd(key, value);

    public readonly bool ContainsKey(TKey key) => _items is not null && _items.ContainsKey(key);

    public readonly bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        value = default;
        return _items is not null && _items.TryGetValue(key, out value);
    }

    public readonly TValue? GetValueOrDefault(TKey key) => TryGetValue(key, out TValue? value) ? value : default;

    public readonly bool Remove(TKey key) => _items is not null && _items.Remove(key);

    public readonly bool Remove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        value = default;
        return _items is not null && _items.Remove(key, out value);
    }

    public readonly void Clear() => _items?.Clear();

    public readonly Dictionary<TKey, TValue>.Enumerator GetEnumerator() => (_items ?? Empty).GetEnumerator();
}
