using System.Buffers.Binary;
using Warren.Broker.Messages;
using Warren.Broker.Queues.Replicated;

namespace Warren.Broker.Queues.Remote;

/// <summary>Puts items on a lane, byte for byte as docs/formats/queues-between-nodes.md draws them.</summary>
internal static class LineWriting
{
    private const int AddConsumerBytes = 47;
    private const int ClaimHeadBytes = 1 + 8 + 4;

    // An item lies in one frame.
    private const int MostClaims = 4096;

    public const int PublishHeadBytes = 1 + 1 + 1 + 8 + 8 + MessageSizes.SizeBytes;
    public const int DeliveryHeadBytes = 1 + 1 + 8 + 4 + 8 + 4 + 4 + MessageSizes.SizeBytes;
    private const int OriginBytes = 1 + 16 + 8;
    public const byte Persistent = 1;
    public const byte GoesAgain = 2;
    public const byte Redelivered = 1;
    public const byte HoldsPlace = 2;

    /// <param name="lane">Posts.</param>
    /// <param name="message">What.</param>
    /// <param name="priority">Its.</param>
    /// <param name="flags">Persistent, GoesAgain.</param>
    /// <param name="ttlMs">-1: none.</param>
    /// <param name="ticket">By which the verdict names it.</param>
    public static void Publish(
        LaneSender lane, in Message message, byte priority, byte flags, long ttlMs, long ticket)
    {
        Span<byte> head = stackalloc byte[PublishHeadBytes];
        head[0] = (byte)LineItemKind.Publish;
        head[1] = flags;
        head[2] = priority;
        BinaryPrimitives.WriteInt64LittleEndian(head[3..], ticket);
        BinaryPrimitives.WriteInt64LittleEndian(head[11..], ttlMs);
        MessageSizes.Write(head[19..], message);
        WithMessage(lane, head, message);
    }

    /// <param name="lane">Deliveries.</param>
    /// <param name="kind">Deliver or GetOk.</param>
    /// <param name="target">The consumer's number, or the request's.</param>
    /// <param name="message">What.</param>
    /// <param name="slot">See <see cref="QueueEffect.Slot"/>.</param>
    /// <param name="position">See <see cref="QueueEffect.Position"/>.</param>
    /// <param name="flags">Redelivered, HoldsPlace.</param>
    /// <param name="deliveryCount">-1: not counted.</param>
    /// <param name="readyLeft">Of GetOk.</param>
    public static void Delivery(
        LaneSender lane, LineItemKind kind, long target, in Message message, int slot, long position, byte flags,
        int deliveryCount, int readyLeft)
    {
        Span<byte> head = stackalloc byte[DeliveryHeadBytes];
        head[0] = (byte)kind;
        head[1] = flags;
        BinaryPrimitives.WriteInt64LittleEndian(head[2..], target);
        BinaryPrimitives.WriteInt32LittleEndian(head[10..], slot);
        BinaryPrimitives.WriteInt64LittleEndian(head[14..], position);
        BinaryPrimitives.WriteInt32LittleEndian(head[22..], deliveryCount);
        BinaryPrimitives.WriteInt32LittleEndian(head[26..], readyLeft);
        MessageSizes.Write(head[30..], message);
        WithMessage(lane, head, message);
    }

    /// <summary>An item that is nothing but its kind.</summary>
    public static void Bare(LaneSender lane, LineItemKind kind) => lane.Add(1)[0] = (byte)kind;

    /// <param name="lane">Deliveries.</param>
    /// <param name="consumer">Its number; 0: a get.</param>
    /// <param name="token">See <see cref="QueueEffect.Position"/>.</param>
    /// <param name="position">Of the message, from now on.</param>
    public static void Held(LaneSender lane, long consumer, long token, long position)
    {
        Span<byte> item = lane.Add(1 + 8 + 8 + 8);
        item[0] = (byte)LineItemKind.Held;
        BinaryPrimitives.WriteInt64LittleEndian(item[1..], consumer);
        BinaryPrimitives.WriteInt64LittleEndian(item[9..], token);
        BinaryPrimitives.WriteInt64LittleEndian(item[17..], position);
    }

    /// <param name="lane">Deliveries.</param>
    /// <param name="consumer">Its number.</param>
    /// <param name="messages">Deliveries.</param>
    /// <param name="sizeBytes">Their bytes.</param>
    public static void Unwritten(LaneSender lane, long consumer, int messages, long sizeBytes)
    {
        Span<byte> item = lane.Add(1 + 8 + 4 + 8);
        item[0] = (byte)LineItemKind.Unwritten;
        BinaryPrimitives.WriteInt64LittleEndian(item[1..], consumer);
        BinaryPrimitives.WriteInt32LittleEndian(item[9..], messages);
        BinaryPrimitives.WriteInt64LittleEndian(item[13..], sizeBytes);
    }

    public static void Settlement(LaneSender lane, LineItemKind kind, int slot, long position)
    {
        Span<byte> item = lane.Add(13);
        item[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(item[1..], slot);
        BinaryPrimitives.WriteInt64LittleEndian(item[5..], position);
    }

    /// <summary>Of what was delivered by this process of the home, and by no other.</summary>
    public static void LateAcknowledge(LaneSender lane, long position, long process)
    {
        Span<byte> item = lane.Add(17);
        item[0] = (byte)LineItemKind.LateAcknowledge;
        BinaryPrimitives.WriteInt64LittleEndian(item[1..], position);
        BinaryPrimitives.WriteInt64LittleEndian(item[9..], process);
    }

    public static void Together(LaneSender lane, long cause, bool begins)
    {
        Span<byte> item = lane.Add(10);
        item[0] = (byte)LineItemKind.Together;
        BinaryPrimitives.WriteInt64LittleEndian(item[1..], cause);
        item[9] = begins ? (byte)1 : (byte)0;
    }

    /// <summary>A kind and a number: ConsumerEnded and the like.</summary>
    public static void Number(LaneSender lane, LineItemKind kind, long number)
    {
        Span<byte> item = lane.Add(9);
        item[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(item[1..], number);
    }

    /// <summary>A kind, a number and a count: SetShared, Grant, UnusedPlaces.</summary>
    public static void Counted(LaneSender lane, LineItemKind kind, long number, int count)
    {
        Span<byte> item = lane.Add(13);
        item[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(item[1..], number);
        BinaryPrimitives.WriteInt32LittleEndian(item[9..], count);
    }

    /// <summary>Get, Purge, Status, Close, Sync: behind the settlements that were sent before.</summary>
    public static void Request(LaneSender lane, LineItemKind kind, long number, long afterSettlements, byte flags)
    {
        Span<byte> item = lane.Add(18);
        item[0] = (byte)kind;
        item[1] = flags;
        BinaryPrimitives.WriteInt64LittleEndian(item[2..], number);
        BinaryPrimitives.WriteInt64LittleEndian(item[10..], afterSettlements);
    }

    public static void Written(LaneSender lane, long consumer, int messages, long sizeBytes)
    {
        Span<byte> item = lane.Add(21);
        item[0] = (byte)LineItemKind.Written;
        BinaryPrimitives.WriteInt64LittleEndian(item[1..], consumer);
        BinaryPrimitives.WriteInt32LittleEndian(item[9..], messages);
        BinaryPrimitives.WriteInt64LittleEndian(item[13..], sizeBytes);
    }

    /// <param name="lane">Settlements.</param>
    /// <param name="number">The consumer's number on the line.</param>
    /// <param name="request">The request's; 0: no answer is wanted.</param>
    /// <param name="consumer">What the client asked for.</param>
    public static void AddConsumer(LaneSender lane, long number, long request, Consumer consumer)
    {
        byte[] arguments = ConsumerFormat.Encode(consumer.Arguments);
        Span<byte> item = lane.Add(AddConsumerBytes + consumer.TagBytes.Length + arguments.Length);
        item[0] = (byte)LineItemKind.AddConsumer;
        item[1] = (byte)((consumer.NoAck ? 1 : 0) | (consumer.Exclusive ? 2 : 0)
            | (consumer.Shared is { IsActive: true } ? 4 : 0));
        BinaryPrimitives.WriteInt64LittleEndian(item[2..], number);
        BinaryPrimitives.WriteInt64LittleEndian(item[10..], request);
        BinaryPrimitives.WriteInt32LittleEndian(item[18..], consumer.Priority);
        BinaryPrimitives.WriteInt32LittleEndian(item[22..], consumer.PrefetchCount);
        BinaryPrimitives.WriteInt64LittleEndian(item[26..], consumer.TimeoutMs ?? -1);
        BinaryPrimitives.WriteUInt16LittleEndian(item[34..], consumer.Channel.Number);
        BinaryPrimitives.WriteInt64LittleEndian(item[36..], consumer.Channel.ConnectionId);
        item[44] = (byte)consumer.TagBytes.Length;
        BinaryPrimitives.WriteUInt16LittleEndian(item[45..], (ushort)arguments.Length);
        consumer.TagBytes.CopyTo(item[AddConsumerBytes..]);
        arguments.CopyTo(item[(AddConsumerBytes + consumer.TagBytes.Length)..]);
    }

    public static void CancelConsumer(LaneSender lane, long number, long request)
    {
        Span<byte> item = lane.Add(17);
        item[0] = (byte)LineItemKind.CancelConsumer;
        BinaryPrimitives.WriteInt64LittleEndian(item[1..], number);
        BinaryPrimitives.WriteInt64LittleEndian(item[9..], request);
    }

    public static void Answer(LaneSender lane, long request, AnswerKind answer, long messages, int consumers)
    {
        Span<byte> item = lane.Add(22);
        item[0] = (byte)LineItemKind.Answer;
        item[1] = (byte)answer;
        BinaryPrimitives.WriteInt64LittleEndian(item[2..], request);
        BinaryPrimitives.WriteInt64LittleEndian(item[10..], messages);
        BinaryPrimitives.WriteInt32LittleEndian(item[18..], consumers);
    }

    public static void CloseChannel(LaneSender lane, long consumer, ushort replyCode, ReadOnlySpan<byte> text)
    {
        Span<byte> item = lane.Add(13 + text.Length);
        item[0] = (byte)LineItemKind.CloseChannel;
        BinaryPrimitives.WriteInt64LittleEndian(item[1..], consumer);
        BinaryPrimitives.WriteUInt16LittleEndian(item[9..], replyCode);
        BinaryPrimitives.WriteUInt16LittleEndian(item[11..], (ushort)text.Length);
        text.CopyTo(item[13..]);
    }

    public static void Verdicts(LaneSender lane, long from, int count, bool accepted)
    {
        Span<byte> item = lane.Add(14);
        item[0] = (byte)LineItemKind.Verdicts;
        item[1] = accepted ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(item[2..], from);
        BinaryPrimitives.WriteInt32LittleEndian(item[10..], count);
    }

    /// <summary>What the publish that follows is known by.</summary>
    public static void Origin(LaneSender lane, in PublishOrigin origin)
    {
        Span<byte> item = lane.Add(OriginBytes);
        item[0] = (byte)LineItemKind.Origin;
        origin.Source.Node.Value.TryWriteBytes(item[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(item[17..], origin.Number);
    }

    /// <summary>Whose publishes follow.</summary>
    public static void Source(LaneSender lane, long process) => Number(lane, LineItemKind.Source, process);

    /// <summary>All publishes below this number are answered.</summary>
    public static void AnsweredBelow(LaneSender lane, long number) => Number(lane, LineItemKind.AnsweredBelow, number);

    /// <summary>A settlement of what was delivered on a line before this one.</summary>
    public static void SettlementAt(LaneSender lane, LineItemKind kind, long position) =>
        Number(lane, kind, position);

    /// <summary>What a consumer holds; 0: what gets do. In as many items as it takes.</summary>
    public static void Claims(LaneSender lane, long consumer, ReadOnlySpan<long> positions)
    {
        while (!positions.IsEmpty)
        {
            ReadOnlySpan<long> some = positions[..Math.Min(positions.Length, MostClaims)];
            positions = positions[some.Length..];
            Span<byte> item = lane.Add(ClaimHeadBytes + (8 * some.Length));
            item[0] = (byte)LineItemKind.Claim;
            BinaryPrimitives.WriteInt64LittleEndian(item[1..], consumer);
            BinaryPrimitives.WriteInt32LittleEndian(item[9..], some.Length);
            for (int at = 0; at < some.Length; at++)
                BinaryPrimitives.WriteInt64LittleEndian(item[(ClaimHeadBytes + (8 * at))..], some[at]);
        }
    }

    public static void ClaimsComplete(LaneSender lane) => lane.Add(1)[0] = (byte)LineItemKind.ClaimsComplete;

    public static void Reply(LaneSender lane, in Message message)
    {
        Span<byte> head = stackalloc byte[MessageSizes.SizeBytes];
        MessageSizes.Write(head, message);
        WithMessage(lane, head, message);
    }

    private static void WithMessage(LaneSender lane, ReadOnlySpan<byte> head, in Message message)
    {
        ReadOnlySpan<byte> bytes = message.Slab.Bytes.AsSpan(message.Offset, message.SizeBytes);
        if (head.Length + bytes.Length > LaneSender.MostItemBytes)
        {
            lane.AddLong(head, bytes);
            return;
        }
        Span<byte> item = lane.Add(head.Length + bytes.Length);
        head.CopyTo(item);
        bytes.CopyTo(item[head.Length..]);
    }
}
