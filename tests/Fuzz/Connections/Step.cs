using System.Buffers.Binary;

namespace Warren.Fuzz.Connections;

/// <summary>One step of a script. A script is bytes: the seed of the turns' order, then its steps.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Client">Which client does it.</param>
/// <param name="Channel">On which channel.</param>
/// <param name="Argument">See <see cref="StepKind"/>.</param>
/// <param name="Bytes">What is sent.</param>
public sealed record Step(StepKind Kind, byte Client, ushort Channel, int Argument, byte[] Bytes)
{
    private const int HeaderBytes = 12;

    /// <summary>A script's bytes.</summary>
    public static byte[] Encode(int seed, IEnumerable<Step> steps)
    {
        var bytes = new List<byte>();
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt32BigEndian(header, seed);
        bytes.AddRange(header[..4]);
        foreach (var step in steps)
        {
            header[0] = (byte)step.Kind;
            header[1] = step.Client;
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], step.Channel);
            BinaryPrimitives.WriteInt32BigEndian(header[4..], step.Argument);
            BinaryPrimitives.WriteInt32BigEndian(header[8..], step.Bytes.Length);
            bytes.AddRange(header);
            bytes.AddRange(step.Bytes);
        }

        return [.. bytes];
    }

    /// <summary>A script's steps.</summary>
    public static List<Step> Decode(ReadOnlySpan<byte> script, out int seed)
    {
        var steps = new List<Step>();
        seed = BinaryPrimitives.ReadInt32BigEndian(script);
        for (var rest = script[4..]; !rest.IsEmpty;)
        {
            var size = BinaryPrimitives.ReadInt32BigEndian(rest[8..]);
            steps.Add(new Step(
                (StepKind)rest[0], rest[1], BinaryPrimitives.ReadUInt16BigEndian(rest[2..]),
                BinaryPrimitives.ReadInt32BigEndian(rest[4..]), rest.Slice(HeaderBytes, size).ToArray()));
            rest = rest[(HeaderBytes + size)..];
        }

        return steps;
    }
}
