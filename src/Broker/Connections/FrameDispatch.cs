using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Broker.Channels;

namespace Warren.Broker.Connections;

/// <summary>
/// Cuts the frames of one connection's input and hands each to whom it is for, in the connection's turn. The one place
/// where what goes wrong with a frame becomes an error with the method at fault.
/// </summary>
internal sealed class FrameDispatch
{
    private readonly Connection _connection;
    private bool _isBroken;

    public FrameDispatch(Connection connection) => _connection = connection;

    /// <summary>
    /// Takes all complete frames. True if it ended for lack of input; false if the channels hold as many deferred bytes
    /// as they may. <paramref name="wantedBytes"/> is how much contiguous input the next frame needs.
    /// </summary>
    public bool Process(InputBuffer input, int deferredLimitBytes, out int wantedBytes)
    {
        wantedBytes = FrameSize.OverheadBytes;
        while (_connection.State != ConnectionState.Closed)
        {
            ReadOnlySpan<byte> unread = input.Unread;
            if (_isBroken)
            {
                input.Take(unread.Length);
                return true;
            }
            if (_connection.DeferredBytes >= deferredLimitBytes)
                return false;
            if (_connection.State == ConnectionState.Opening)
            {
                if (unread.Length < ProtocolHeader.Size)
                    return true;
                _connection.Handshake.OnProtocolHeader(unread[..ProtocolHeader.Size]);
                input.Take(ProtocolHeader.Size);
                continue;
            }
            FrameStatus status = FrameReader.TryRead(unread, _connection.FrameMaxBytes, out Frame frame);
            if (status == FrameStatus.Incomplete)
            {
                if (unread.Length >= FrameSize.HeaderBytes)
                    wantedBytes = BinaryPrimitives.ReadInt32BigEndian(unread[3..]) + FrameSize.OverheadBytes;
                return true;
            }
            if (status != FrameStatus.Complete)
            {
                Break(status, frame, unread);
                continue;
            }
            Handle(unread[..frame.SizeBytes], frame);
            input.Take(frame.SizeBytes);
        }
        return true;
    }

    /// <summary>Handles one frame, now or when its channel was resumed.</summary>
    public void Handle(ReadOnlySpan<byte> raw, Frame frame)
    {
        Channel? channel = null;
        try
        {
            if (_connection.State == ConnectionState.Closing)
                OnFrameWhileClosing(frame);
            else if (frame.Type == FrameType.Heartbeat)
                OnHeartbeat(frame);
            else if (frame.Type is not (FrameType.Method or FrameType.Header or FrameType.Body))
                throw FrameError(frame, "unknown_frame");
            else if (frame.Channel == 0)
                OnConnectionFrame(frame);
            else if (_connection.State != ConnectionState.Running)
                throw Unexpected(frame);
            else if (_connection.Channels.TryGet(frame.Channel, out channel))
                channel.Accept(raw, frame);
            else
                OpenChannel(frame);
        }
        catch (AmqpException error)
        {
            Blame(error, frame, channel);
            _connection.Fail(error, channel);
        }
        catch (WireFormatException)
        {
            ReadOnlySpan<byte> arguments = frame.Payload.Length > 4 ? frame.Payload[4..] : [];
            var error = new AmqpException(ReplyCode.FrameError, $"cannot decode {ErlangText.Binary(arguments)}");
            Blame(error, frame, channel);
            _connection.Fail(error, channel);
        }
    }

    internal static uint MethodOf(ReadOnlySpan<byte> payload) =>
        payload.Length < 4
            ? throw new WireFormatException("A method frame is shorter than a method id.")
            : BinaryPrimitives.ReadUInt32BigEndian(payload);

    private static void Blame(AmqpException error, Frame frame, Channel? channel)
    {
        if (error.ClassId != 0 || error.MethodId != 0 || error.IsNobodysMethod)
            return;
        uint method = channel?.Publisher.PendingMethod ?? 0;
        if (method == 0 && frame.Type == FrameType.Method && frame.Payload.Length >= 4)
            method = MethodOf(frame.Payload);
        error.ClassId = (ushort)(method >> 16);
        error.MethodId = (ushort)method;
    }

    private static AmqpException Unexpected(Frame frame) =>
        new(
            ReplyCode.UnexpectedFrame,
            $"type {frame.Type}, all octets = {ErlangText.Binary(frame.Payload)}")
        { IsNobodysMethod = true };

    private static AmqpException FrameError(Frame frame, string what) =>
        new(
            ReplyCode.FrameError,
            $"type {frame.Type}, all octets = {ErlangText.Binary(frame.Payload)}: {what}")
        { IsNobodysMethod = true };

    private void Break(FrameStatus status, Frame frame, ReadOnlySpan<byte> unread)
    {
        _isBroken = true;
        int limitBytes = _connection.FrameMaxBytes - FrameSize.OverheadBytes;
        AmqpException error = status == FrameStatus.TooLarge
            ? FrameError(frame, $"{{frame_too_large,{frame.AnnouncedPayloadBytes},{limitBytes}}}")
            : FrameError(frame, $"{{invalid_frame_end_marker,{unread[frame.SizeBytes - 1]}}}");
        if (_connection.State == ConnectionState.Closing)
            return;
        _connection.Fail(error, null);
    }

    private static void OnHeartbeat(Frame frame)
    {
        if (frame.Channel != 0)
            throw Unexpected(frame);
        if (!frame.Payload.IsEmpty)
            throw FrameError(frame, "unknown_frame");
    }

    private void OnConnectionFrame(Frame frame)
    {
        if (frame.Type != FrameType.Method)
            throw Unexpected(frame);
        uint method = MethodOf(frame.Payload);
        var reader = new WireReader(frame.Payload[4..]);
        _connection.Handshake.OnMethod(method, ref reader);
    }

    private void OnFrameWhileClosing(Frame frame)
    {
        if (frame.Channel != 0 || frame.Type != FrameType.Method)
            return;
        uint method = MethodOf(frame.Payload);
        if (method == MethodId.ConnectionClose)
            _connection.SendGoodbye(new ConnectionCloseOk());
        if (method is MethodId.ConnectionClose or MethodId.ConnectionCloseOk)
            _connection.Finish();
    }

    private void OpenChannel(Frame frame)
    {
        if (frame.Type != FrameType.Method || MethodOf(frame.Payload) != MethodId.ChannelOpen)
            throw new AmqpException(ReplyCode.ChannelError, "expected 'channel.open'");
        _connection.Channels.Open(frame.Channel);
        _connection.Send(frame.Channel, new ChannelOpenOk());
    }
}
