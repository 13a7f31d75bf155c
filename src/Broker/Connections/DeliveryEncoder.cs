using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues;

namespace Warren.Broker.Connections;

/// <summary>
/// Encodes outbox items into the writer's buffer: write, or tell that there is no room and be called again after a
/// flush. Owned by the writer loop. Between calls for the same item it remembers how much of the body is out.
/// </summary>
internal sealed class DeliveryEncoder
{
    /// <summary>deliver, get-ok and return never need more beside envelope, tag and properties.</summary>
    private const int FixedBytes = 128;

    private readonly List<ulong> _singleAcks = [];
    private readonly List<DeliveryChannel> _confirming = [];
    private bool _inBody;
    private int _bodySent;

    /// <summary>Bytes of a whole frame, as negotiated.</summary>
    public int FrameMaxBytes { get; set; } = 4096;

    /// <summary>The item last given is partly out: its delivery has been numbered.</summary>
    public bool IsInsideItem => _inBody;

    /// <summary>
    /// Writes the next part of a message item. Returns the bytes written; <paramref name="done"/> when the item is out,
    /// <paramref name="isLate"/> when nothing of it was written because its channel has ended.
    /// Zero and not done: flush, or give a buffer of at least <paramref name="neededBytes"/>.
    /// </summary>
    public int Encode(in OutboxItem item, Span<byte> output, out bool done, out bool isLate, out int neededBytes)
    {
        int written = 0;
        done = false;
        isLate = false;
        neededBytes = 0;
        Message message = item.Message;
        if (!_inBody)
        {
            neededBytes = FixedBytes + 256 + message.EnvelopeSizeBytes
                + message.PropertiesSizeBytes + DeliveryCountHeader.MostAddedBytes;
            if (output.Length < neededBytes)
                return 0;
            if (!TryWriteMethod(item, output, ref written))
            {
                done = isLate = true;
                return 0;
            }
            written += WriteHeader(item, output[written..]);
            _inBody = true;
            _bodySent = 0;
        }
        ReadOnlySpan<byte> body = message.Body;
        while (_bodySent < body.Length)
        {
            int piece = Math.Min(body.Length - _bodySent, FrameMaxBytes - FrameSize.OverheadBytes);
            neededBytes = piece + FrameSize.OverheadBytes;
            if (output.Length - written < neededBytes)
                return written;
            written += FrameWriter.WriteBody(output[written..], item.Channel!.Number, body.Slice(_bodySent, piece));
            _bodySent += piece;
        }
        _inBody = false;
        done = true;
        return written;
    }

    /// <summary>
    /// Writes frames that were encoded before, unless their channel has ended. False: flush and call again.
    /// </summary>
    public static bool TryEncodeFrames(in OutboxItem item, Span<byte> output, out int written)
    {
        var frames = (byte[])item.Target!;
        written = 0;
        if (item.Channel is { IsOutputEnded: true })
            return true;
        if (frames.Length > output.Length)
            return false;
        frames.CopyTo(output);
        written = frames.Length;
        return true;
    }

    /// <summary>Writes a channel's last frame, the acks that it still has to send before it.</summary>
    public bool TryEncodeChannelEnd(in OutboxItem item, Span<byte> output, out int written)
    {
        written = 0;
        DeliveryChannel channel = item.Channel!;
        if (channel.Confirms.MostFlushBytes + ((byte[])item.Target!).Length > output.Length)
            return false;
        written = FlushConfirms(channel, output);
        TryEncodeFrames(item, output[written..], out int frameBytes);
        written += frameBytes;
        channel.IsOutputEnded = true;
        return true;
    }

    /// <summary>Notes a verdict; a nack is written at once, after the acks that come before it.</summary>
    public int EncodeConfirm(in OutboxItem item, Span<byte> output)
    {
        DeliveryChannel channel = item.Channel!;
        if (channel.IsOutputEnded)
            return 0;
        var sequence = (ulong)item.Extra;
        if (item.Flag)
        {
            channel.Confirms.Accept(sequence);
            if (!channel.HasConfirmsToFlush)
            {
                channel.HasConfirmsToFlush = true;
                _confirming.Add(channel);
            }
            return 0;
        }
        int written = FlushConfirms(channel, output);
        channel.Confirms.Reject(sequence);
        var nack = new BasicNack(sequence, multiple: false, requeue: false);
        return written + FrameWriter.WriteMethod(output[written..], channel.Number, nack);
    }

    /// <summary>
    /// Writes the acks gathered since the last call; false if there is more than fits: flush and call again.
    /// </summary>
    public bool FlushConfirms(Span<byte> output, out int written)
    {
        written = 0;
        while (_confirming.Count > 0)
        {
            DeliveryChannel channel = _confirming[^1];
            if (output.Length - written < channel.Confirms.MostFlushBytes)
                return false;
            written += FlushConfirms(channel, output[written..]);
            channel.HasConfirmsToFlush = false;
            _confirming.RemoveAt(_confirming.Count - 1);
        }
        return true;
    }

    private int FlushConfirms(DeliveryChannel channel, Span<byte> output)
    {
        if (!channel.Confirms.IsDirty || channel.IsOutputEnded)
            return 0;
        int written = 0;
        channel.Confirms.Flush(out ulong upTo, out bool multiple, _singleAcks);
        if (upTo > 0)
            written += FrameWriter.WriteMethod(output, channel.Number, new BasicAck(upTo, multiple));
        foreach (ulong sequence in _singleAcks)
        {
            written += FrameWriter.WriteMethod(
                output[written..], channel.Number, new BasicAck(sequence, multiple: false));
        }
        return written;
    }

    // x-delivery-count is the queue's own header; the stored properties stay as they were published.
    private static int WriteHeader(in OutboxItem item, Span<byte> output)
    {
        ReadOnlySpan<byte> properties = item.Message.Properties;
        long count = item.Kind switch
        {
            OutboxItemKind.Deliver => item.Extra,
            OutboxItemKind.GetOk => item.Extra >> 32,
            _ => -1,
        };
        if (count >= 0)
        {
            Span<byte> place = output[(FrameSize.HeaderBytes + ContentHeader.FixedBytes)..];
            properties = place[..DeliveryCountHeader.Add(properties, count, place)];
        }
        return FrameWriter.WriteHeader(
            output, item.Channel!.Number, BasicPublish.ClassId, (ulong)item.Message.BodySizeBytes, properties);
    }

    private static bool TryWriteMethod(in OutboxItem item, Span<byte> output, ref int written)
    {
        DeliveryChannel channel = item.Channel!;
        ulong tag;
        switch (item.Kind)
        {
            case OutboxItemKind.Deliver:
                var consumer = (Consumer)item.Target!;
                if (!channel.TryNumber(
                    consumer.Queue, consumer, item.Slot, item.Position, item.HoldsPlace, item.Epoch, out tag))
                    return false;
                written = WriteDeliver(
                    output, channel.Number, consumer.TagBytes, tag, item.Flag, item.Message.Envelope);
                return true;
            case OutboxItemKind.DeliverReply:
                if (!channel.TryNumberReply(out tag))
                    return false;
                written = WriteDeliver(
                    output, channel.Number, (byte[])item.Target!, tag, redelivered: false, item.Message.Envelope);
                return true;
            case OutboxItemKind.GetOk:
                if (!channel.TryNumber(
                    (QueueHome)item.Target!, null, item.Slot, item.Position, holdsPlace: false, item.Epoch, out tag))
                    return false;
                var getOk = new BasicGetOk(
                    tag, item.Flag, item.Message.Exchange, item.Message.RoutingKey, (uint)item.Extra);
                written = FrameWriter.WriteMethod(output, channel.Number, getOk);
                return true;
            default:
                if (channel.IsOutputEnded)
                    return false;
                var returned = new BasicReturn(
                    ReplyCode.NoRoute, "NO_ROUTE", item.Message.Exchange, item.Message.RoutingKey);
                written = FrameWriter.WriteMethod(output, channel.Number, returned);
                return true;
        }
    }

    // The same bytes as FrameWriter.WriteMethod of a BasicDeliver, but the envelope is copied as the one piece it is.
    private static int WriteDeliver(
        Span<byte> output, ushort channel, ReadOnlySpan<byte> tagName, ulong tag,
        bool redelivered, ReadOnlySpan<byte> envelope)
    {
        int payload = 4 + 1 + tagName.Length + 8 + 1 + envelope.Length;
        output[0] = FrameType.Method;
        BinaryPrimitives.WriteUInt16BigEndian(output[1..], channel);
        BinaryPrimitives.WriteInt32BigEndian(output[3..], payload);
        BinaryPrimitives.WriteUInt32BigEndian(output[7..], MethodId.BasicDeliver);
        output[11] = (byte)tagName.Length;
        tagName.CopyTo(output[12..]);
        int at = 12 + tagName.Length;
        BinaryPrimitives.WriteUInt64BigEndian(output[at..], tag);
        output[at + 8] = redelivered ? (byte)1 : (byte)0;
        envelope.CopyTo(output[(at + 9)..]);
        at += 9 + envelope.Length;
        output[at] = FrameSize.EndOctet;
        return at + 1;
    }
}
