using System.Buffers.Binary;
using Warren.Amqp;

namespace Warren.Fuzz.Connections;

/// <summary>Turns a script of well-behaved clients into one where something goes wrong now and then.</summary>
public static class ScriptMutation
{
    /// <summary>Gives a changed copy.</summary>
    public static byte[] Apply(byte[] script, Random random)
    {
        var steps = Step.Decode(script, out var seed);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
            Change(steps, random);
        return Step.Encode(seed, steps);
    }

    private static void Change(List<Step> steps, Random random)
    {
        // The late ones are the deep ones; what comes after a broken frame is mostly lost.
        var at = Math.Max(random.Next(steps.Count), random.Next(steps.Count));
        var step = steps[at];
        switch (random.Next(10))
        {
            case 0:
                steps.Insert(random.Next(steps.Count), step);
                break;
            case 1:
                var other = random.Next(steps.Count);
                (steps[at], steps[other]) = (steps[other], step);
                break;
            case 2:
                var kind = random.Next(2) == 0 ? StepKind.Cut : StepKind.End;
                steps.Insert(at, step with { Kind = kind, Bytes = [] });
                break;
            case 3 when step.Bytes.Length > 0:
                var start = step.Bytes[..random.Next(step.Bytes.Length)];
                steps[at] = step with { Kind = StepKind.SendBroken, Bytes = start };
                var end = random.Next(3);
                if (end > 0)
                    steps.Insert(at + 1, step with { Kind = end == 1 ? StepKind.Cut : StepKind.End, Bytes = [] });
                break;
            case 4:
                var payload = Samples.MethodPayload(Samples.Methods[random.Next(Samples.Methods.Count)], random);
                var frame = Frame(FrameType.Method, step.Channel, payload);
                steps.Insert(at, step with { Kind = StepKind.SendBroken, Argument = 0, Bytes = frame });
                break;
            default:
                if (step.Bytes.Length > 0)
                    steps[at] = step with { Kind = StepKind.SendBroken, Bytes = ChangeFrames(step.Bytes, random) };
                break;
        }
    }

    private static byte[] ChangeFrames(byte[] bytes, Random random)
    {
        var frames = Cut(bytes);
        if (frames.Count == 0 || random.Next(4) == 0)
            return Mutation.Apply(bytes, random);
        var at = random.Next(frames.Count);
        var frame = frames[at];
        switch (random.Next(9))
        {
            case 0:
                frame[0] = (byte)random.Next(random.Next(2) == 0 ? 9 : 256);
                break;
            case 1:
                var channel = (ushort)random.Next(random.Next(2) == 0 ? 5 : 0x10000);
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), channel);
                break;
            case 2:
                var size = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(3));
                BinaryPrimitives.WriteUInt32BigEndian(
                    frame.AsSpan(3), random.Next(2) == 0 ? (uint)random.NextInt64() : size + (uint)random.Next(-3, 4));
                break;
            case 3:
                frame[^1] = (byte)random.Next(256);
                break;
            case 4:
                frames.RemoveAt(at);
                break;
            case 5:
                frames.Insert(random.Next(frames.Count), frame);
                break;
            case 6:
                var other = random.Next(frames.Count);
                (frames[at], frames[other]) = (frames[other], frame);
                break;
            default:
                // The payload changes, the frame around it holds.
                var payload = Mutation.Apply(frame[FrameSize.HeaderBytes..^1], random);
                frames[at] = Frame(frame[0], BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(1)), payload);
                break;
        }

        return [.. frames.SelectMany(each => each)];
    }

    private static List<byte[]> Cut(ReadOnlySpan<byte> bytes)
    {
        var frames = new List<byte[]>();
        if (bytes.StartsWith("AMQP"u8))
            bytes = bytes[Math.Min(8, bytes.Length)..];
        while (FrameReader.TryRead(bytes, int.MaxValue, out var frame) == FrameStatus.Complete)
        {
            frames.Add(bytes[..frame.SizeBytes].ToArray());
            bytes = bytes[frame.SizeBytes..];
        }

        return frames;
    }

    private static byte[] Frame(byte type, ushort channel, byte[] payload)
    {
        var frame = new byte[payload.Length + FrameSize.OverheadBytes];
        payload.CopyTo(frame, FrameSize.HeaderBytes);
        FrameWriter.Enclose(frame, type, channel, payload.Length);
        return frame;
    }
}
