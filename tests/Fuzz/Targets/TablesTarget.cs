using Warren.Amqp;

namespace Warren.Fuzz.Targets;

/// <summary>A field table, decoded, looked through, encoded and decoded again.</summary>
public sealed class TablesTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "tables";

    /// <inheritdoc/>
    public override byte[] MakeValid(Random random)
    {
        var table = Samples.Table(random, depth: random.Next(1, 6));
        var bytes = new byte[table.EncodedSizeBytes];
        new WireWriter(bytes).WriteTable(table);
        return bytes;
    }

    /// <inheritdoc/>
    public override void Check(byte[] input)
    {
        var table = FieldTable.Decode(input);
        var encoded = new byte[table.EncodedSizeBytes];
        var writer = new WireWriter(encoded);
        writer.WriteTable(table);
        FuzzException.Unless(writer.Position == encoded.Length, "a table's size is not what it takes");
        FuzzException.Unless(encoded.Length == input.Length, "a table is written in another size than it was read");
        var again = FieldTable.Decode(encoded);
        FuzzException.Unless(table.Equals(again), "a table is not what it was after a round trip");
        FuzzException.Unless(table.GetHashCode() == again.GetHashCode(), "equal tables have different hash codes");
        foreach (var (name, _) in table)
            FuzzException.Unless(table[name] == again[name], "a lookup differs after a round trip");
    }
}
