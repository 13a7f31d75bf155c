using System.Buffers.Binary;

namespace Warren.Fuzz;

/// <summary>Turns a valid input into one that is nearly valid: a few small changes, one after another.</summary>
public static class Mutation
{
    private static readonly byte[] TypeOctets = "bBsuIilLfdDSATFVxtz"u8.ToArray();
    private static readonly uint[] Lengths = [0, 1, 2, 3, 4, 5, 0xFF, 0x100, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000,
        0xFFFFFFFF];

    /// <summary>Gives a changed copy.</summary>
    public static byte[] Apply(byte[] input, Random random)
    {
        var bytes = new List<byte>(input);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
            Change(bytes, random);
        return [.. bytes];
    }

    private static void Change(List<byte> bytes, Random random)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)random.Next(256));
            return;
        }

        var at = random.Next(bytes.Count);
        var span = random.Next(Math.Min(bytes.Count - at, 16) + 1);
        switch (random.Next(9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes[at] = TypeOctets[random.Next(TypeOctets.Length)];
                break;
            case 3:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4:
                bytes.RemoveRange(at, span);
                break;
            case 5:
                bytes.InsertRange(at, bytes.GetRange(at, span));
                break;
            case 6:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            case 7:
                SetLength(bytes, at, Lengths[random.Next(Lengths.Length)]);
                break;
            default:
                bytes[at] += (byte)(random.Next(2) == 0 ? 1 : -1);
                break;
        }
    }

    private static void SetLength(List<byte> bytes, int at, uint length)
    {
        Span<byte> encoded = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(encoded, length);
        for (var i = 0; i < encoded.Length && at + i < bytes.Count; i++)
            bytes[at + i] = encoded[i];
    }
}
