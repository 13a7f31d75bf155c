using Warren.Amqp;

namespace Warren.Fuzz.Targets;

/// <summary>The payload of a method frame, read, written, read and written again.</summary>
public sealed class MethodsTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "methods";

    /// <inheritdoc/>
    public override byte[] MakeValid(Random random) =>
        Samples.MethodPayload(Samples.Methods[random.Next(Samples.Methods.Count)], random);

    /// <inheritdoc/>
    public override void Check(byte[] input)
    {
        var once = Rewrite(input);
        FuzzException.Unless(once.AsSpan().SequenceEqual(Rewrite(once)), "a method changes when it is written again");
    }

    private static byte[] Rewrite(byte[] payload)
    {
        var reader = new WireReader(payload);
        var methodId = reader.ReadLong();
        var rewritten = MethodRewriter.Rewrite(methodId, ref reader);
        var hasName = MethodNames.Find(methodId) is not null;
        FuzzException.Unless(rewritten is not null == hasName, "a name without a method, or reverse");
        return rewritten ?? throw new WireFormatException($"unknown method {MethodNames.NameOf(methodId)}");
    }
}
