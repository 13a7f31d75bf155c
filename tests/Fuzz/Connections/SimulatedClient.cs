using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Wire;

namespace Warren.Fuzz.Connections;

/// <summary>
/// A client that does what its script says, and judges what the server says: whole frames, methods that can be read,
/// each content complete, tags that rise by one. It confirms the closing of a channel and opens it again, so that a
/// mistake does not end what is being tried.
/// </summary>
public sealed class SimulatedClient(SimulatedStream stream, Task served, bool endsAtClose)
{
    private const int LargestFrameBytes = 131_072;

    private readonly Dictionary<ushort, SimulatedChannel> _channels = [];
    private readonly List<byte> _held = [];
    private byte[] _unread = [];
    private bool _isInPieces;
    private bool _isStarted;

    /// <summary>Its wire.</summary>
    public SimulatedStream Stream => stream;

    /// <summary>Ends when the server is done with the connection; it must not fail.</summary>
    public Task Served => served;

    /// <summary>Has sent whole, well-formed frames only.</summary>
    public bool IsWellBehaved { get; set; } = true;

    /// <summary>connection.open-ok has come.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>connection.close or close-ok has come, or the script has ended the stream.</summary>
    public bool IsClosing { get; set; }

    /// <summary>connection.close-ok has come.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Its channels, by number.</summary>
    public IReadOnlyDictionary<ushort, SimulatedChannel> Channels => _channels;

    /// <summary>Messages that have come by basic.get-ok.</summary>
    public int Got { get; private set; }

    /// <summary>Sends frames.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        Note(bytes);
        if (_isInPieces)
            _held.AddRange(bytes);
        else
            stream.Send(bytes);
    }

    /// <summary>
    /// Sends frames in pieces of a size, and does something between them; what it answers meanwhile comes after.
    /// </summary>
    public void SendInPieces(ReadOnlySpan<byte> bytes, int sizeBytes, Action meanwhile)
    {
        Note(bytes);
        _isInPieces = true;
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(sizeBytes, bytes.Length)];
            bytes = bytes[piece.Length..];
            stream.Send(piece);
            meanwhile();
        }

        _isInPieces = false;
        stream.Send([.. _held]);
        _held.Clear();
    }

    /// <summary>Sends one method.</summary>
    public void Send<TMethod>(ushort channel, scoped in TMethod method)
        where TMethod : struct, IMethod, allows ref struct =>
        Send(new WireClient(System.IO.Stream.Null).Add(channel, method).TakeAdded());

    /// <summary>Settles something that is outstanding on a channel.</summary>
    public void Settle(ushort number, int choice)
    {
        var channel = Channel(number);
        if (channel.Unsettled.Count == 0 || channel.Closes > 0)
            return;
        var at = (choice & 0xFF) % channel.Unsettled.Count;
        var tag = channel.Unsettled[at];
        var multiple = (choice & 0x100) != 0;
        var requeue = (choice & 0x200) != 0;
        if (multiple)
            channel.Unsettled.RemoveRange(0, at + 1);
        else
            channel.Unsettled.RemoveAt(at);
        switch ((choice >> 10) & 3)
        {
            case 0 when !multiple:
                Send(number, new BasicReject(tag, requeue));
                break;
            case 1:
                Send(number, new BasicNack(tag, multiple, requeue));
                break;
            default:
                Send(number, new BasicAck(tag, multiple));
                break;
        }
    }

    /// <summary>Takes in what the server has sent.</summary>
    public void Receive()
    {
        var output = stream.TakeOutput();
        if (output.Length == 0)
            return;
        byte[] received = [.. _unread, .. output];
        ReadOnlySpan<byte> rest = received;
        if (!_isStarted && rest.StartsWith("AMQP"u8))
            rest = rest[Math.Min(8, rest.Length)..];
        while (true)
        {
            var status = FrameReader.TryRead(rest, LargestFrameBytes - FrameSize.OverheadBytes, out var frame);
            FuzzException.Unless(
                status is FrameStatus.Complete or FrameStatus.Incomplete, $"the server sends a frame that is {status}");
            if (status == FrameStatus.Incomplete)
                break;
            OnFrame(frame);
            _isStarted = true;
            rest = rest[frame.SizeBytes..];
        }

        _unread = rest.ToArray();
    }

    private SimulatedChannel Channel(ushort number)
    {
        if (!_channels.TryGetValue(number, out var channel))
            _channels.Add(number, channel = new SimulatedChannel());
        return channel;
    }

    // Remembers of frames that are sent what is needed to understand the answers.
    private void Note(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("AMQP"u8))
            bytes = bytes[Math.Min(8, bytes.Length)..];
        while (FrameReader.TryRead(bytes, int.MaxValue, out var frame) == FrameStatus.Complete)
        {
            bytes = bytes[frame.SizeBytes..];
            if (frame.Type != FrameType.Method || frame.Payload.Length < 4)
                continue;
            var channel = Channel(frame.Channel);
            var reader = new WireReader(frame.Payload[4..]);
            switch (BinaryPrimitives.ReadUInt32BigEndian(frame.Payload))
            {
                case MethodId.BasicGet when IsWellBehaved && channel.Closes == 0:
                    channel.Gets.Enqueue(BasicGet.Read(ref reader).NoAck);
                    break;
                case MethodId.ChannelClose:
                    channel.Closes++;
                    break;
            }
        }
    }

    private void OnFrame(Frame frame)
    {
        if (frame.Type == FrameType.Heartbeat)
            return;
        var channel = Channel(frame.Channel);
        if (frame.Type != FrameType.Method)
        {
            channel.OnContent(frame);
            return;
        }

        FuzzException.Unless(!channel.IsInContent, "the server sends a method within a content");
        var id = BinaryPrimitives.ReadUInt32BigEndian(frame.Payload);
        var reader = new WireReader(frame.Payload[4..]);
        try
        {
            FuzzException.Unless(
                MethodRewriter.Rewrite(id, ref reader) is not null,
                $"the server sends method {MethodNames.NameOf(id)}");
        }
        catch (WireFormatException e)
        {
            throw new FuzzException($"the server sends a wrong {MethodNames.NameOf(id)}: {e.Message}", e);
        }

        FuzzException.Unless(!IsClosed, $"the server sends {MethodNames.NameOf(id)} after connection.close-ok");
        reader = new WireReader(frame.Payload[4..]);
        if (frame.Channel == 0)
            OnConnectionMethod(id);
        else
            OnChannelMethod(frame.Channel, channel, id, ref reader);
    }

    private void OnConnectionMethod(uint id)
    {
        switch (id)
        {
            case MethodId.ConnectionOpenOk:
                IsOpen = true;
                return;
            case MethodId.ConnectionClose:
                IsClosing = true;
                Send(0, new ConnectionCloseOk());
                break;
            case MethodId.ConnectionCloseOk:
                IsClosing = IsClosed = true;
                break;
            default:
                return;
        }

        // One that leaves the stream open relies on the server's patience.
        if (endsAtClose)
            stream.End();
    }

    private void OnChannelMethod(ushort number, SimulatedChannel channel, uint id, ref WireReader reader)
    {
        var isOpening = id == MethodId.ChannelOpenOk;
        var isCrossing = id == MethodId.ChannelCloseOk && channel.Closes > 0;
        FuzzException.Unless(
            channel.IsOpen != isOpening || isCrossing,
            $"the server sends {MethodNames.NameOf(id)} on channel {number}, which is in the wrong state for it");
        switch (id)
        {
            case MethodId.ChannelOpenOk:
                channel.Open();
                break;
            case MethodId.ChannelClose:
                channel.IsOpen = false;
                // Closes that cross confirm each other.
                if (channel.Closes > 0)
                    break;
                Send(number, new ChannelCloseOk());
                Send(number, new ChannelOpen());
                break;
            case MethodId.ChannelCloseOk:
                channel.IsOpen = false;
                channel.Closes--;
                break;
            case MethodId.BasicDeliver:
                var deliver = BasicDeliver.Read(ref reader);
                channel.OnDeliver(deliver.DeliveryTag, deliver.ConsumerTagText);
                break;
            case MethodId.BasicGetOk:
                Got++;
                channel.OnGetOk(BasicGetOk.Read(ref reader).DeliveryTag);
                break;
            case MethodId.BasicGetEmpty:
                channel.Gets.TryDequeue(out _);
                break;
            case MethodId.BasicReturn:
                channel.BeginContent();
                break;
        }
    }
}
