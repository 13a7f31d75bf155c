namespace Warren.Conformance.Wire;

/// <summary>
/// A field table that keeps the order of its entries, and entries that repeat a name, as they were on the wire.
/// </summary>
public sealed class FieldTable
{
    /// <summary>The entries in wire order.</summary>
    public List<(string Name, FieldValue Value)> Entries { get; } = [];

    /// <summary>The first value of that name, or null.</summary>
    public FieldValue? Find(string name) => Entries.FirstOrDefault(entry => entry.Name == name).Value;

    /// <summary>Adds an entry and returns the table.</summary>
    public FieldTable With(string name, FieldValue value)
    {
        Entries.Add((name, value));
        return this;
    }
}
