// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method access.request (30.10). Sent by the client.</summary>
public readonly ref struct AccessRequest : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 30;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 10;

    /// <summary>Makes the method from its arguments.</summary>
    public AccessRequest(WireText realm, bool exclusive, bool passive, bool active, bool forWriting, bool forReading)
    {
        Realm = realm.Bytes;
        Exclusive = exclusive;
        Passive = passive;
        Active = active;
        ForWriting = forWriting;
        ForReading = forReading;
    }

    /// <summary>The field realm.</summary>
    public ReadOnlySpan<byte> Realm { get; }

    /// <summary>The field realm as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string RealmText => WireText.Decode(Realm);

    /// <summary>The field exclusive.</summary>
    public bool Exclusive { get; }

    /// <summary>The field passive.</summary>
    public bool Passive { get; }

    /// <summary>The field active.</summary>
    public bool Active { get; }

    /// <summary>The field for-writing.</summary>
    public bool ForWriting { get; }

    /// <summary>The field for-reading.</summary>
    public bool ForReading { get; }

    /// <inheritdoc/>
    public int SizeBytes => 6 + Realm.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static AccessRequest Read(ref WireReader reader)
    {
        var realm = reader.ReadShortStringUtf8();
        var exclusive = reader.ReadBit();
        var passive = reader.ReadBit();
        var active = reader.ReadBit();
        var forWriting = reader.ReadBit();
        var forReading = reader.ReadBit();
        reader.ExpectEnd();
        return new AccessRequest(realm, exclusive, passive, active, forWriting, forReading);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShortString(Realm);
        writer.WriteBit(Exclusive);
        writer.WriteBit(Passive);
        writer.WriteBit(Active);
        writer.WriteBit(ForWriting);
        writer.WriteBit(ForReading);
    }
}
