using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Fuzz.Connections;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// A client's connection to a simulated node, with one channel: frames go out, what has come is taken; nothing waits.
/// </summary>
internal sealed class SimulatedConnection
{
    private const int LargestFrameBytes = 131_072;

    private readonly SimulatedStream _stream;
    private readonly Task _served;
    private readonly MessageBroker _broker;
    private byte[] _unread = [];
    // A method whose content is still to come.
    private Received? _begun;
    private byte[] _properties = [];
    private byte[] _body = [];
    private int _bodyBytes = -1;

    /// <param name="node">Whose client it is.</param>
    /// <param name="stream">The wire.</param>
    /// <param name="served">Ends when the server is done with it.</param>
    /// <param name="writer">Makes frames, and sends nothing by itself.</param>
    public SimulatedConnection(SimulatedNode node, SimulatedStream stream, Task served, WireClient writer)
    {
        Node = node;
        _stream = stream;
        _served = served;
        _broker = node.Broker!;
        Writer = writer;
        Writer
            .AddRaw(ProtocolHeader.Amqp091)
            .Add(0, WireClient.StartOk(new Login()))
            .Add(0, new ConnectionTuneOk(10, LargestFrameBytes, 0))
            .Add(0, new ConnectionOpen("/"))
            .Add(1, new ChannelOpen());
        Flush();
    }

    public SimulatedNode Node { get; }

    /// <summary>Its node has crashed since.</summary>
    public bool IsNodeGone => !ReferenceEquals(Node.Broker, _broker);

    /// <summary>Nothing more comes: the node is gone, or the server is done with it.</summary>
    public bool IsOver => IsNodeGone || _served.IsCompleted || _stream.IsBroken;

    /// <summary>Why the server's part failed, if it did.</summary>
    public Exception? Failure => _served.Exception;

    /// <summary>What is added to it goes with <see cref="Flush"/>.</summary>
    public WireClient Writer { get; }

    public void Send<TMethod>(in TMethod method, ushort channel = 1)
        where TMethod : struct, IMethod, allows ref struct
    {
        Writer.Add(channel, method);
        Flush();
    }

    /// <summary>Sends what was added to <see cref="Writer"/>.</summary>
    public void Flush() => _stream.Send(Writer.TakeAdded());

    /// <summary>The wire is cut.</summary>
    public void Cut() => _stream.Cut();

    /// <summary>Nothing more will be sent.</summary>
    public void End() => _stream.End();

    /// <summary>What has come since the last time; of a node that has crashed nothing comes.</summary>
    public List<Received> Take()
    {
        List<Received> taken = [];
        if (IsNodeGone)
            return taken;
        byte[] bytes = [.. _unread, .. _stream.TakeOutput()];
        ReadOnlySpan<byte> rest = bytes;
        while (FrameReader.TryRead(rest, LargestFrameBytes, out Frame frame) == FrameStatus.Complete)
        {
            if (OnFrame(frame) is { } whole)
                taken.Add(whole);
            rest = rest[frame.SizeBytes..];
        }
        _unread = rest.ToArray();
        return taken;
    }

    private Received? OnFrame(Frame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Method:
                uint id = BinaryPrimitives.ReadUInt32BigEndian(frame.Payload);
                var received = new Received(frame.Channel, id, frame.Payload[4..].ToArray(), [], []);
                if (id is not (MethodId.BasicDeliver or MethodId.BasicGetOk or MethodId.BasicReturn))
                    return received;
                _begun = received;
                return null;
            case FrameType.Header:
                ContentHeader header = ContentHeader.Read(frame.Payload);
                _properties = header.Properties.ToArray();
                _body = new byte[header.BodySizeBytes];
                _bodyBytes = 0;
                break;
            case FrameType.Body:
                frame.Payload.CopyTo(_body.AsSpan(_bodyBytes));
                _bodyBytes += frame.Payload.Length;
                break;
            default:
                return null;
        }
        if (_bodyBytes < _body.Length || _begun is not { } begun)
            return null;
        _begun = null;
        _bodyBytes = -1;
        return begun with { Properties = _properties, Body = _body };
    }
}
