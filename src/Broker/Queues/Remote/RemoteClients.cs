using System.Text;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues.Replicated;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// The consumers and requests of this node's clients at a queue that a stand-in stands for, by their numbers on the
/// line. Owned by the stand-in's turn.
/// </summary>
internal class RemoteClients(StandIn queue, LaneSender settlements, MessageBroker broker)
{
    /// <summary>
    /// Cancelled consumers that are remembered: their channels may still be closed for what they hold too long.
    /// </summary>
    private const int MostCancelled = 256;

    private LazyDictionary<long, Consumer> _cancelled;
    private LazyQueue<long> _cancelledInOrder;
    private List<HeldMessage>? _moved;
    private HashSet<long>? _undelivered;
    private long _last;

    /// <summary>The queue is replicated now, and its home has said all that was to be said of this lane.</summary>
    public bool IsMoved { get; private set; }

    /// <summary>
    /// What clients hold, as the home said at the end, but for what has come for nobody and is given back by that.
    /// </summary>
    public IReadOnlyList<HeldMessage> Moved =>
        _moved is null ? [] : [.. _moved.Where(held => _undelivered?.Contains(held.Token) != true)];

    /// <summary>Nothing that is said of deliveries is heard any more.</summary>
    public bool IsMoving { get; set; }

    /// <summary>By their numbers.</summary>
    protected Dictionary<long, Consumer> Consumers { get; } = [];

    /// <summary>What is not answered, by their numbers.</summary>
    protected Dictionary<long, AskedRequest> Requests { get; } = [];

    /// <summary>A request is on its way; returns its number.</summary>
    public long Ask(in AskedRequest asked)
    {
        Requests.Add(++_last, asked);
        return _last;
    }

    public void Add(Consumer consumer, object? request)
    {
        consumer.LineNumber = ++_last;
        Consumers.Add(consumer.LineNumber, consumer);
        WriteConsumer(
            consumer,
            request is null ? 0 : Ask(new AskedRequest(request, LineItemKind.AddConsumer, 0, consumer)));
    }

    /// <summary>Takes over all that other clients have, under its numbers; nothing is left there.</summary>
    protected void TakeOver(RemoteClients former)
    {
        _last = former._last;
        foreach (Consumer consumer in former.Consumers.Values)
        {
            ReturnPlaces(consumer, consumer.PlacesOut);
            consumer.WantsPlaces = false;
            Consumers.Add(consumer.LineNumber, consumer);
        }
        foreach ((long number, AskedRequest asked) in former.Requests)
            Requests.Add(number, asked with { IsAgain = true });
        former.Consumers.Clear();
        former.Requests.Clear();
    }

    /// <summary>A consumer that has been served without a line.</summary>
    protected void AddFormer(Consumer consumer)
    {
        consumer.LineNumber = ++_last;
        Consumers.Add(consumer.LineNumber, consumer);
    }

    /// <summary>Nothing waits for an answer.</summary>
    public bool HasRequests => Requests.Count > 0;

    /// <summary>Its clients have something here.</summary>
    public bool HasAnything => Consumers.Count + Requests.Count > 0;

    /// <summary>A consumer by its number; null: it is none any more.</summary>
    public Consumer? Of(long number) => Consumers.GetValueOrDefault(number);

    /// <summary>False: the home knows no such consumer, or none any more.</summary>
    public virtual bool Cancel(Consumer consumer, object? request)
    {
        if (!Consumers.ContainsKey(consumer.LineNumber))
            return false;
        WriteCancel(
            consumer,
            request is null ? 0 : Ask(new AskedRequest(request, LineItemKind.CancelConsumer, 0, consumer)));
        // With a request it gets what comes before the answer.
        if (request is null)
            Remove(consumer, remembers: true);
        return true;
    }

    /// <summary>Its connection has written deliveries.</summary>
    public virtual void Written(Consumer consumer, int messages, long sizeBytes)
    {
        if (queue.HasLine && Consumers.ContainsKey(consumer.LineNumber))
            LineWriting.Written(settlements, consumer.LineNumber, messages, sizeBytes);
    }

    /// <summary>Its channel's shared prefetch has room, or another limit.</summary>
    public void Resume(Consumer consumer)
    {
        // Without a line: the next one begins with what holds then.
        if (!queue.HasLine || !Consumers.ContainsKey(consumer.LineNumber) || consumer.Shared is not { } shared)
            return;
        if (shared.IsActive != consumer.IsSharedTold)
        {
            consumer.IsSharedTold = shared.IsActive;
            consumer.WantsPlaces = false;
            shared.Give(consumer.PlacesOut);
            consumer.PlacesOut = 0;
            LineWriting.Counted(
                settlements, LineItemKind.SetShared, consumer.LineNumber, consumer.IsSharedTold ? 1 : 0);
        }
        else if (consumer.WantsPlaces)
            Grant(consumer);
    }

    /// <summary>Reads a frame of deliveries and answers; the frame's own reference stays the caller's.</summary>
    /// <exception cref="FormatException">It makes no sense.</exception>
    public void Read(Message frame, LaneReceiver lane, QueueScratch scratch)
    {
        ReadOnlySpan<byte> bytes = frame.Body;
        byte flags = LineFrame.FlagsOf(bytes);
        var reader = new LineReader(bytes, LineFrame.HeaderBytes);
        if ((flags & LineFrame.BeginsInside) != 0)
        {
            ReadOnlySpan<byte> piece = reader.Take(bytes.Length - reader.At);
            if (lane.GoOnWithLong(piece, (flags & LineFrame.GoesOn) == 0) is { } whole)
                ReadLong(whole, scratch);
            return;
        }
        if ((flags & LineFrame.GoesOn) != 0)
        {
            lane.BeginLong(
                reader.Take(bytes.Length - reader.At), LineWriting.DeliveryHeadBytes,
                broker.Options.LongestMessageBytes);
            return;
        }
        while (!reader.IsAtEnd)
        {
            var kind = (LineItemKind)reader.Byte();
            if (kind is LineItemKind.Deliver or LineItemKind.GetOk)
            {
                QueueEffect effect = ReadDelivery(kind, ref reader, out long target, out MessageSizes sizes);
                effect.Content = sizes.At(frame.Slab, frame.Offset + reader.At);
                reader.Take(sizes.TotalBytes);
                HandOver(ref effect, target, scratch);
            }
            else
                ReadOther(kind, ref reader, scratch);
        }
    }

    /// <summary>The line is over: everybody who waits is told.</summary>
    public void End(LineEnd why, QueueScratch scratch)
    {
        AnswerKind answer = why is LineEnd.Gone or LineEnd.NotThere ? AnswerKind.Closed : AnswerKind.Unavailable;
        foreach (AskedRequest asked in Requests.Values)
        {
            // Its client knows it to be there, and hears of its end below.
            if (asked.Request is ReaddedConsumer)
                continue;
            if (asked.Request is CancelRequest)
            {
                queue.Answer(asked.Request, AnswerKind.Ok, scratch);
                continue;
            }
            // It was never there, as far as its client knows.
            if (asked.Consumer is not null)
                Remove(asked.Consumer, remembers: false);
            queue.Answer(asked.Request, answer, scratch);
        }
        Requests.Clear();
        EndConsumers(scratch);
        _cancelled.Clear();
        _cancelledInOrder.Clear();
    }

    protected void EndConsumers(QueueScratch scratch)
    {
        foreach (Consumer consumer in Consumers.Values)
        {
            scratch.Events.Add(new ChannelEvent(consumer.Channel, ConnectionEventKind.ConsumerEnded, consumer));
            ReturnPlaces(consumer, consumer.PlacesOut);
            consumer.LineNumber = 0;
        }
        Consumers.Clear();
    }

    /// <summary>Something that is to be settled is with a client from now on; consumer 0: a get has it.</summary>
    protected virtual void NoteDelivered(in QueueEffect effect, long consumer)
    {
    }

    /// <summary>The queue has taken back what a consumer did not settle in time.</summary>
    protected virtual void NoteTakenBack(long consumer)
    {
    }

    /// <summary>Tells the queue of a consumer.</summary>
    /// <param name="consumer">Who.</param>
    /// <param name="request">The request's number; 0: nobody waits for an answer.</param>
    protected void WriteConsumer(Consumer consumer, long request)
    {
        consumer.IsSharedTold = consumer.Shared is { IsActive: true };
        if (queue.HasLine)
            LineWriting.AddConsumer(settlements, consumer.LineNumber, request, consumer);
    }

    protected void WriteCancel(Consumer consumer, long request)
    {
        if (queue.HasLine)
            LineWriting.CancelConsumer(settlements, consumer.LineNumber, request);
    }

    private static bool IsGet(object request) => request is GetRequest or FetchRequest;

    private static QueueEffect ReadDelivery(
        LineItemKind kind, ref LineReader reader, out long target, out MessageSizes sizes)
    {
        byte flags = reader.Byte();
        target = reader.Int64();
        int slot = reader.Int32();
        long position = reader.Int64();
        int deliveryCount = reader.Int32();
        int readyLeft = reader.Int32();
        sizes = MessageSizes.Read(ref reader);
        return new QueueEffect
        {
            Kind = kind == LineItemKind.Deliver ? QueueEffectKind.Deliver : QueueEffectKind.GetOk,
            Small = slot,
            Number = position,
            DeliveryCount = deliveryCount,
            Remaining = readyLeft,
            Redelivered = (flags & LineWriting.Redelivered) != 0,
            HoldsPlace = (flags & LineWriting.HoldsPlace) != 0,
        };
    }

    private void ReadLong(LongItem item, QueueScratch scratch)
    {
        var reader = new LineReader(item.Head, 1);
        QueueEffect effect = ReadDelivery(
            (LineItemKind)item.Head[0], ref reader, out long target, out MessageSizes sizes);
        Slab slab = item.ToSlab(broker.Slabs);
        try
        {
            effect.Content = sizes.At(slab, 0);
            HandOver(ref effect, target, scratch);
        }
        finally
        {
            scratch.FlushReferences();
            slab.Release(1);
        }
    }

    private void HandOver(ref QueueEffect effect, long target, QueueScratch scratch)
    {
        MessageSizes.Check(effect.Message);
        if (effect.Kind == QueueEffectKind.GetOk)
        {
            if (!Requests.TryGetValue(target, out AskedRequest asked) || !IsGet(asked.Request))
                throw new FormatException($"a message for request {target}, which wants none");
            Requests.Remove(target);
            effect.Subject = asked.Request;
            NoteDelivered(effect, 0);
            if (effect.Slot < 0)
                scratch.AddReference(effect.Message.Slab);
            QueueReplies.Reply(effect, queue, scratch, queue.Epoch);
            return;
        }
        if (!Consumers.TryGetValue(target, out Consumer? consumer))
        {
            // It was cancelled when its channel ended.
            if (effect.Slot >= 0 && IsMoving)
                (_undelivered ??= []).Add(effect.Position);
            else if (effect.Slot >= 0)
                LineWriting.Settlement(settlements, LineItemKind.Undelivered, effect.Slot, effect.Position);
            return;
        }
        effect.Subject = consumer;
        NoteDelivered(effect, target);
        effect.HoldsPlace &= consumer.PlacesOut > 0;
        if (effect.HoldsPlace)
            consumer.PlacesOut--;
        if (effect.Slot < 0)
            scratch.AddReference(effect.Message.Slab);
        QueueReplies.Deliver(effect, scratch, queue.Epoch);
    }

    private void ReadOther(LineItemKind kind, ref LineReader reader, QueueScratch scratch)
    {
        switch (kind)
        {
            case LineItemKind.Answer:
                ReadAnswer(ref reader, scratch);
                break;
            case LineItemKind.ConsumerEnded:
                if (Consumers.TryGetValue(reader.Int64(), out Consumer? ended))
                {
                    Remove(ended, remembers: false);
                    scratch.Events.Add(new ChannelEvent(ended.Channel, ConnectionEventKind.ConsumerEnded, ended));
                }
                break;
            case LineItemKind.ConsumerOverdue:
                long late = reader.Int64();
                NoteTakenBack(late);
                if (Find(late) is { } overdue)
                    scratch.Events.Add(
                        new ChannelEvent(overdue.Channel, ConnectionEventKind.ConsumerOverdue, overdue));
                break;
            case LineItemKind.CloseChannel:
                Consumer? closed = Find(reader.Int64());
                ushort code = reader.UInt16();
                string text = Encoding.UTF8.GetString(reader.Take(reader.UInt16()));
                if (closed is not null)
                    scratch.Events.Add(new ChannelEvent(
                        closed.Channel, ConnectionEventKind.Failed,
                        new AmqpException(code, text) { IsNobodysMethod = true }));
                break;
            case LineItemKind.WantsPlaces:
                if (Consumers.TryGetValue(reader.Int64(), out Consumer? wanting))
                    Grant(wanting);
                break;
            case LineItemKind.UnusedPlaces:
                long number = reader.Int64();
                int unused = reader.Int32();
                if (Consumers.TryGetValue(number, out Consumer? saving))
                    ReturnPlaces(saving, Math.Min(unused, saving.PlacesOut));
                break;
            case LineItemKind.Held:
                (_moved ??= []).Add(new HeldMessage(
                    Number: reader.Int64(), Token: reader.Int64(), Position: reader.Int64(), Consumer: null, Slot: 0));
                break;
            case LineItemKind.Unwritten:
                Consumer? writing = Consumers.GetValueOrDefault(reader.Int64());
                int messages = reader.Int32();
                long sizeBytes = reader.Int64();
                if (writing is not null)
                    (writing.UnwrittenMessages, writing.UnwrittenBytes) = (messages, sizeBytes);
                break;
            case LineItemKind.Moved:
                IsMoved = true;
                break;
            default:
                throw new FormatException($"kind {(byte)kind} is no delivery");
        }
    }

    private void ReadAnswer(ref LineReader reader, QueueScratch scratch)
    {
        var answer = (AnswerKind)reader.Byte();
        long number = reader.Int64();
        long messages = reader.Int64();
        int consumers = reader.Int32();
        if (!Requests.Remove(number, out AskedRequest asked))
            throw new FormatException($"an answer to request {number}, which nobody made");
        if (asked is { Kind: LineItemKind.Close, IsAgain: true } && answer == AnswerKind.Closed)
            answer = AnswerKind.Ok;
        if (asked.Consumer is { } consumer && (asked.Request is CancelRequest || answer != AnswerKind.Ok))
        {
            Remove(consumer, remembers: answer == AnswerKind.Ok);
            // Its client heard long ago that it is there.
            if (asked.Request is ReaddedConsumer)
                scratch.Events.Add(new ChannelEvent(consumer.Channel, ConnectionEventKind.ConsumerEnded, consumer));
        }
        // Whoever deletes a queue that he consumes from gets delete-ok before the cancellation.
        if (asked.Request is DeleteQueueRequest && answer == AnswerKind.Ok)
            EndConsumers(scratch);
        QueueReplies.Reply(
            new QueueEffect
            {
                Kind = QueueEffectKind.Answer,
                Subject = asked.Request,
                Answer = answer,
                Number = messages,
                Small = consumers,
            },
            queue, scratch);
    }

    // As many places as are free, but not all of a large number: other consumers share them.
    private void Grant(Consumer consumer)
    {
        SharedPrefetch shared = consumer.Shared!;
        int most = Math.Max(1, shared.Limit / 2);
        int places = 0;
        bool holdsPlace = true;
        while (places < most && shared.TryTake(out holdsPlace) && holdsPlace)
            places++;
        consumer.WantsPlaces = places == 0 && shared.IsActive;
        if (places > 0)
        {
            consumer.PlacesOut += places;
            LineWriting.Counted(settlements, LineItemKind.Grant, consumer.LineNumber, places);
        }
        else if (!shared.IsActive)
            Resume(consumer);
    }

    protected static void ReturnPlaces(Consumer consumer, int places)
    {
        if (places == 0)
            return;
        consumer.PlacesOut -= places;
        consumer.Channel.ReturnPlaces(places);
    }

    private Consumer? Find(long number) =>
        Consumers.TryGetValue(number, out Consumer? consumer) || _cancelled.TryGetValue(number, out consumer)
            ? consumer
            : null;

    protected void Remove(Consumer consumer, bool remembers)
    {
        if (!Consumers.Remove(consumer.LineNumber))
            return;
        ReturnPlaces(consumer, consumer.PlacesOut);
        if (remembers)
        {
            _cancelled.Add(consumer.LineNumber, consumer);
            _cancelledInOrder.Enqueue(consumer.LineNumber);
            if (_cancelledInOrder.Count > MostCancelled)
                _cancelled.Remove(_cancelledInOrder.Dequeue());
        }
        consumer.LineNumber = 0;
    }
}
