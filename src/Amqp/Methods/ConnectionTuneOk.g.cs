// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method connection.tune-ok (10.31). Sent by the client.</summary>
public readonly ref struct ConnectionTuneOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 10;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 31;

    /// <summary>Makes the method from its arguments.</summary>
    public ConnectionTuneOk(ushort channelMax, uint frameMax, ushort heartbeat)
    {
        ChannelMax = channelMax;
        FrameMax = frameMax;
        Heartbeat = heartbeat;
    }

    /// <summary>The field channel-max.</summary>
    public ushort ChannelMax { get; }

    /// <summary>The field frame-max.</summary>
    public uint FrameMax { get; }

    /// <summary>The field heartbeat.</summary>
    public ushort Heartbeat { get; }

    /// <inheritdoc/>
    public int SizeBytes => 12;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConnectionTuneOk Read(ref WireReader reader)
    {
        var channelMax = reader.ReadShort();
        var frameMax = reader.ReadLong();
        var heartbeat = reader.ReadShort();
        reader.ExpectEnd();
        return new ConnectionTuneOk(channelMax, frameMax, heartbeat);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(ChannelMax);
        writer.WriteLong(FrameMax);
        writer.WriteShort(Heartbeat);
    }
}
