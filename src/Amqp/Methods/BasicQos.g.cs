// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.qos (60.10). Sent by the client.</summary>
public readonly ref struct BasicQos : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 10;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicQos(uint prefetchSize, ushort prefetchCount, bool global)
    {
        PrefetchSize = prefetchSize;
        PrefetchCount = prefetchCount;
        Global = global;
    }

    /// <summary>The field prefetch-size.</summary>
    public uint PrefetchSize { get; }

    /// <summary>The field prefetch-count.</summary>
    public ushort PrefetchCount { get; }

    /// <summary>The field global.</summary>
    public bool Global { get; }

    /// <inheritdoc/>
    public int SizeBytes => 11;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicQos Read(ref WireReader reader)
    {
        var prefetchSize = reader.ReadLong();
        var prefetchCount = reader.ReadShort();
        var global = reader.ReadBit();
        reader.ExpectEnd();
        return new BasicQos(prefetchSize, prefetchCount, global);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLong(PrefetchSize);
        writer.WriteShort(PrefetchCount);
        writer.WriteBit(Global);
    }
}
