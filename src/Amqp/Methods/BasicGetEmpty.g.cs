// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.get-empty (60.72). Sent by the server.</summary>
public readonly ref struct BasicGetEmpty : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 72;

    /// <inheritdoc/>
    public int SizeBytes => 5;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicGetEmpty Read(ref WireReader reader)
    {
        reader.ReadShortStringUtf8();
        reader.ExpectEnd();
        return new BasicGetEmpty();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShortString(""u8);
    }
}
