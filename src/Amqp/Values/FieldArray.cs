using System.Collections;

namespace Warren.Amqp;

/// <summary>An immutable array of field values (type 'A'). Equal when its values are, in order.</summary>
public sealed class FieldArray : IReadOnlyList<FieldValue>, IEquatable<FieldArray>
{
    private readonly FieldValue[] _values;

    /// <summary>Makes an array of these values.</summary>
    public FieldArray(params ReadOnlySpan<FieldValue> values)
        : this(values.ToArray())
    {
    }

    private FieldArray(FieldValue[] values) => _values = values;

    /// <summary>An array without values.</summary>
    public static FieldArray Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <inheritdoc/>
    public FieldValue this[int index] => _values[index];

    /// <summary>The bytes it takes on the wire, with the four of its length.</summary>
    public int EncodedSizeBytes => FieldWriter.ArrayBytes(this);

    /// <summary>The values as a span.</summary>
    public ReadOnlySpan<FieldValue> AsSpan() => _values;

    /// <inheritdoc/>
    public IEnumerator<FieldValue> GetEnumerator() => ((IEnumerable<FieldValue>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(FieldArray? other) => other is not null && AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldArray);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var value in _values)
            hash.Add(value);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", _values)}]";

    internal static FieldArray Owning(FieldValue[] values) => new(values);
}
