using System.Text;
using Warren.Amqp;
using Warren.MethodGenerator;

namespace Warren.Fuzz;

/// <summary>Valid values of every kind, made from a seeded random.</summary>
public static class Samples
{
    private const string Letters = "abcxyz.#*-_/ éß漢字🐇";

    /// <summary>The methods as methods.txt tells them.</summary>
    public static IReadOnlyList<Method> Methods { get; } = ReadMethods();

    /// <summary>Text of up to that many characters.</summary>
    public static string Text(Random random, int maximumLength)
    {
        var runes = Letters.EnumerateRunes().ToArray();
        var text = new StringBuilder();
        for (var length = random.Next(maximumLength + 1); length > 0; length--)
            text.Append(runes[random.Next(runes.Length)].ToString());
        return text.ToString();
    }

    /// <summary>Bytes of any kind, up to that many.</summary>
    public static byte[] Bytes(Random random, int maximumLength)
    {
        var bytes = new byte[random.Next(maximumLength + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A table with values of every kind, nested a few deep.</summary>
    public static FieldTable Table(Random random, int depth = 3)
    {
        var table = new FieldTable();
        for (var entries = random.Next(6); entries > 0; entries--)
            table.Add(Text(random, 8), Value(random, depth - 1));
        return table;
    }

    /// <summary>A value of any kind.</summary>
    public static FieldValue Value(Random random, int depth) => random.Next(depth > 0 ? 17 : 15) switch
    {
        0 => FieldValue.Of(random.Next(2) == 0),
        1 => FieldValue.Of((sbyte)random.Next()),
        2 => FieldValue.Of((byte)random.Next()),
        3 => FieldValue.Of((short)random.Next()),
        4 => FieldValue.Of((ushort)random.Next()),
        5 => FieldValue.Of((int)random.NextInt64()),
        6 => FieldValue.Of((uint)random.NextInt64()),
        7 => FieldValue.Of(random.NextInt64() - random.NextInt64()),
        8 => FieldValue.Of(random.NextSingle()),
        9 => FieldValue.Of(random.NextDouble()),
        10 => FieldValue.OfDecimal((byte)random.Next(), (uint)random.NextInt64()),
        11 => FieldValue.Of(Text(random, 20)),
        12 => FieldValue.OfTimestamp((ulong)random.NextInt64()),
        13 => FieldValue.Void,
        14 => FieldValue.OfBytes(Bytes(random, 20)),
        15 => FieldValue.Of(Array(random, depth - 1)),
        _ => FieldValue.Of(Table(random, depth - 1)),
    };

    /// <summary>A short array of values of any kind.</summary>
    public static FieldArray Array(Random random, int depth)
    {
        var values = new FieldValue[random.Next(4)];
        for (var i = 0; i < values.Length; i++)
            values[i] = Value(random, depth);
        return new FieldArray(values);
    }

    /// <summary>Properties, each there by chance.</summary>
    public static BasicProperties Properties(Random random)
    {
        string? MaybeText() => random.Next(2) == 0 ? Text(random, 20) : null;
        return new BasicProperties
        {
            ContentType = MaybeText(),
            ContentEncoding = MaybeText(),
            Headers = random.Next(2) == 0 ? Table(random) : null,
            DeliveryMode = random.Next(2) == 0 ? (byte)random.Next(256) : null,
            Priority = random.Next(2) == 0 ? (byte)random.Next(256) : null,
            CorrelationId = MaybeText(),
            ReplyTo = MaybeText(),
            Expiration = MaybeText(),
            MessageId = MaybeText(),
            Timestamp = random.Next(2) == 0 ? (ulong)random.NextInt64() : null,
            Type = MaybeText(),
            UserId = MaybeText(),
            AppId = MaybeText(),
            ClusterId = MaybeText(),
        };
    }

    /// <summary>
    /// A method as the table says it lies on the wire: class id, method id, arguments. It uses neither the generated
    /// code nor the wire writer, so that it can judge both.
    /// </summary>
    public static byte[] MethodPayload(Method method, Random random)
    {
        var bytes = new List<byte>();
        BigEndian(bytes, method.ClassId, 2);
        BigEndian(bytes, method.MethodId, 2);
        var bits = 0;
        foreach (var field in method.Fields)
        {
            if (field.Type == "bit")
            {
                if (bits++ % 8 == 0)
                    bytes.Add(0);
                if (!field.IsReserved && random.Next(2) == 0)
                    bytes[^1] |= (byte)(1 << ((bits - 1) % 8));
                continue;
            }

            bits = 0;
            AddArgument(bytes, field, random);
        }

        return [.. bytes];
    }

    private static void AddArgument(List<byte> bytes, Field field, Random random)
    {
        var text = field.IsReserved ? [] : Encoding.UTF8.GetBytes(Text(random, 20));
        var number = field.IsReserved ? 0 : (ulong)random.NextInt64();
        switch (field.Type)
        {
            case "shortstr" or "shortbytes":
                bytes.Add((byte)text.Length);
                bytes.AddRange(text);
                break;
            case "longstr":
                BigEndian(bytes, (ulong)text.Length, 4);
                bytes.AddRange(text);
                break;
            case "table":
                var table = Table(random);
                var encoded = new byte[table.EncodedSizeBytes];
                new WireWriter(encoded).WriteTable(table);
                bytes.AddRange(encoded);
                break;
            default:
                BigEndian(bytes, number, field.FixedBytes);
                break;
        }
    }

    private static void BigEndian(List<byte> bytes, ulong number, int sizeBytes)
    {
        for (var shift = (sizeBytes - 1) * 8; shift >= 0; shift -= 8)
            bytes.Add((byte)(number >> shift));
    }

    private static IReadOnlyList<Method> ReadMethods()
    {
        using var stream = typeof(Samples).Assembly.GetManifestResourceStream("methods.txt")!;
        using var reader = new StreamReader(stream);
        return MethodTable.Parse(reader.ReadToEnd());
    }
}
