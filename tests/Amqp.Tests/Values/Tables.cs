namespace Warren.Amqp.Tests.Values;

internal static class Tables
{
    public static byte[] Encode(FieldTable table)
    {
        var bytes = new byte[table.EncodedSizeBytes];
        var writer = new WireWriter(bytes);
        writer.WriteTable(table);
        return bytes[..writer.Position];
    }
}
