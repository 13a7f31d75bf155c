using System.Collections;

namespace Warren.Amqp;

/// <summary>
/// A field table (AMQP 0-9-1, section 4.2.5.5): names and values in the order they came. Tables are small, so a
/// lookup walks the entries. A name may come twice on the wire; both entries are kept so that the table goes out as
/// it came in, and the last one is the one found. Not for use by several threads while it changes.
/// Equal when the same names have equal values, in any order.
/// </summary>
public sealed class FieldTable : IEnumerable<KeyValuePair<string, FieldValue>>, IEquatable<FieldTable>
{
    /// <summary>How deep tables and arrays may be nested. Clients stay under 5; the stack is the reason.</summary>
    public const int NestingLimit = 64;

    private readonly bool _isReadOnly;
    private KeyValuePair<string, FieldValue>[] _entries;

    /// <summary>Makes an empty table.</summary>
    public FieldTable() => _entries = [];

    private FieldTable(KeyValuePair<string, FieldValue>[] entries, bool isReadOnly = false)
    {
        _entries = entries;
        Count = entries.Length;
        _isReadOnly = isReadOnly;
    }

    /// <summary>The table without entries; it cannot be changed.</summary>
    public static FieldTable Empty { get; } = new([], isReadOnly: true);

    /// <summary>How many entries there are; a name that came twice counts twice.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes it takes on the wire, with the four of its length.</summary>
    public int EncodedSizeBytes => FieldWriter.TableBytes(this);

    /// <summary>Gets the value of a name, or sets it as <see cref="Set"/> does.</summary>
    /// <exception cref="KeyNotFoundException">There is no such name.</exception>
    public FieldValue this[string name]
    {
        get => TryGetValue(name, out var value)
            ? value
            : throw new KeyNotFoundException($"The table has no field '{name}'.");
        set => Set(name, value);
    }

    /// <summary>Reads a table, with its length, that fills the input.</summary>
    /// <exception cref="WireFormatException">It is no table, or bytes are left.</exception>
    public static FieldTable Decode(ReadOnlySpan<byte> input)
    {
        var reader = new WireReader(input);
        var table = reader.ReadTable();
        reader.ExpectEnd();
        return table;
    }

    /// <summary>Finds the last value of a name.</summary>
    public bool TryGetValue(string name, out FieldValue value)
    {
        var index = LastIndexOf(name);
        value = index >= 0 ? _entries[index].Value : default;
        return index >= 0;
    }

    /// <summary>Whether the name is there.</summary>
    public bool ContainsKey(string name) => LastIndexOf(name) >= 0;

    /// <summary>Appends an entry, whether or not the name is there already.</summary>
    public void Add(string name, FieldValue value)
    {
        ExpectMutable();
        if (Count == _entries.Length)
            Array.Resize(ref _entries, Math.Max(4, Count * 2));
        _entries[Count++] = new(name, value);
    }

    /// <summary>Gives a name one value: in its old place if it is there, else at the end.</summary>
    public void Set(string name, FieldValue value)
    {
        ExpectMutable();
        var index = LastIndexOf(name);
        if (index >= 0)
            _entries[index] = new(name, value);
        else
            Add(name, value);
    }

    /// <summary>Removes every entry of a name; false when there was none.</summary>
    public bool Remove(string name)
    {
        ExpectMutable();
        var kept = 0;
        for (var i = 0; i < Count; i++)
            if (_entries[i].Key != name)
                _entries[kept++] = _entries[i];
        var removed = Count - kept;
        Array.Clear(_entries, kept, removed);
        Count = kept;
        return removed > 0;
    }

    /// <summary>A table with the same entries that can be changed; nested tables are shared.</summary>
    public FieldTable Clone() => new(AsSpan().ToArray());

    /// <summary>The entries as a span, valid until the table changes.</summary>
    public ReadOnlySpan<KeyValuePair<string, FieldValue>> AsSpan() => _entries.AsSpan(0, Count);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, FieldValue>> GetEnumerator() => _entries.Take(Count).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(FieldTable? other)
    {
        if (other is null)
            return false;
        if (ReferenceEquals(this, other) || AsSpan().SequenceEqual(other.AsSpan()))
            return true;

        var mine = LastValues();
        var theirs = other.LastValues();
        return mine.Count == theirs.Count
            && mine.All(entry => theirs.TryGetValue(entry.Key, out var value) && value == entry.Value);
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldTable);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        LastValues().Aggregate(0, (hash, entry) => hash ^ HashCode.Combine(entry.Key, entry.Value));

    /// <inheritdoc/>
    public override string ToString() =>
        $"{{{string.Join(", ", this.Select(entry => $"{entry.Key}: {entry.Value}"))}}}";

    internal static FieldTable Owning(KeyValuePair<string, FieldValue>[] entries) => new(entries);

    private int LastIndexOf(string name)
    {
        for (var i = Count - 1; i >= 0; i--)
            if (_entries[i].Key == name)
                return i;
        return -1;
    }

    private Dictionary<string, FieldValue> LastValues()
    {
        var values = new Dictionary<string, FieldValue>(Count, StringComparer.Ordinal);
        foreach (var (name, value) in AsSpan())
            values[name] = value;
        return values;
    }

    private void ExpectMutable()
    {
        if (_isReadOnly)
            throw new InvalidOperationException("The empty table cannot be changed; make a new one.");
    }
}
