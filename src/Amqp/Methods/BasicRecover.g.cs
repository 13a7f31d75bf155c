// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.recover (60.110). Sent by the client.</summary>
public readonly ref struct BasicRecover : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 110;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicRecover(bool requeue)
    {
        Requeue = requeue;
    }

    /// <summary>The field requeue.</summary>
    public bool Requeue { get; }

    /// <inheritdoc/>
    public int SizeBytes => 5;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicRecover Read(ref WireReader reader)
    {
        var requeue = reader.ReadBit();
        reader.ExpectEnd();
        return new BasicRecover(requeue);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteBit(Requeue);
    }
}
