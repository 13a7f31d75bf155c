using System.Runtime.InteropServices;
using System.Text;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Turns the items of a visit into commands of the queue, one post a turn, and keeps what the visit's clients have
/// there: their consumers by number, and the messages that they got. Owned by the visit's turn.
/// </summary>
/// <param name="outbox">Where what the queue hands out goes.</param>
/// <param name="broker">The node's.</param>
/// <param name="process">This node's, as the others know it.</param>
internal sealed class VisitCommands(VisitOutbox outbox, MessageBroker broker, long process)
{
    /// <summary>Set in the number that asks how far settlements are committed, to tell it from a publish's.</summary>
    private const ulong SettlementsMark = 1UL << 63;

    private VisitChannel _publisher = new(0, outbox);
    private readonly Dictionary<long, Consumer> _consumers = [];
    private readonly Dictionary<int, long> _gets = [];
    private readonly List<QueueCommand> _commands = [];
    private readonly List<long> _late = [];
    private readonly TogetherGroups _together = new();
    // What gets hold that were answered on lines before this one.
    private readonly HashSet<long> _claimed = [];
    // Of the next publish.
    private PublishOrigin? _origin;
    private bool _hasLastPost;
    private bool _hasLastSettlement;

    /// <summary>Set once it is known, before anything is read.</summary>
    public QueueHome Queue { get; set; } = null!;

    /// <summary>The queue is replicated: clients may hold what they were delivered on other lines.</summary>
    public bool IsReplicated { get; set; }

    /// <summary>Nothing is posted any more: the queue knows of the line's end.</summary>
    public bool IsMute { get; set; }

    /// <summary>Both lanes have ended, as the line is being moved.</summary>
    public bool HasLast => _hasLastPost && _hasLastSettlement;

    public IReadOnlyCollection<Consumer> Consumers => _consumers.Values;

    /// <summary>Whether a client of this line holds a message.</summary>
    public bool Holds(in HeldMessage message) => message.Consumer?.Channel is { } channel
        ? channel.Outbox == outbox
        : _gets.TryGetValue(message.Slot, out long token) && token == message.Token;

    /// <summary>Wants to know when what settlements up to this frame have said is committed.</summary>
    public void AwaitCommit(long frame) => Add(QueueCommand.Sync(_publisher, SettlementsMark | (ulong)frame));

    /// <summary>Whether a verdict's number is one of <see cref="AwaitCommit"/>; which frame.</summary>
    public static bool IsOfSettlements(long number, out long frame)
    {
        frame = number & long.MaxValue;
        return number < 0;
    }

    public void Add(in QueueCommand command) => _commands.Add(command);

    /// <summary>Posts what was gathered.</summary>
    public void Flush()
    {
        if (_commands.Count == 0)
            return;
        if (!IsMute)
            Queue.Post(CollectionsMarshal.AsSpan(_commands));
        _commands.Clear();
    }

    /// <summary>A get has got something that is to be settled.</summary>
    public void Got(int slot, long position) => _gets[slot] = position;

    /// <summary>The queue has dropped a consumer; false if it was cancelled before.</summary>
    public bool Forget(Consumer consumer) => _consumers.Remove(consumer.LineNumber);

    /// <summary>Everything that the visit's clients have in the queue goes back.</summary>
    public void End()
    {
        if (Queue is null)
            return;
        // Who is served next gets the older ones first.
        Add(QueueCommand.Together(0, begins: true));
        foreach (Consumer consumer in _consumers.Values)
            Add(QueueCommand.CancelConsumer(consumer, null));
        _consumers.Clear();
        Add(QueueCommand.ReturnAll(outbox));
        foreach ((int slot, long position) in _gets)
            Add(QueueCommand.Return(slot, position, countsDelivery: false));
        _gets.Clear();
        foreach (long position in _claimed)
            Add(QueueCommand.ReturnAt(position, countsDelivery: false, outbox));
        _claimed.Clear();
        Add(QueueCommand.Together(0, begins: false));
        EndTogether(long.MaxValue);
    }

    /// <summary>The queue delivers nothing, as more of the same cause is to come.</summary>
    public bool IsTogether => _together.Count > 0;

    /// <summary>What has begun so early does not wait any longer for what belongs to it.</summary>
    public void EndTogether(long begunMs)
    {
        for (int ended = _together.EndBefore(begunMs); ended > 0; ended--)
            Add(QueueCommand.Together(0, begins: false));
    }

    private void SetTogether(long cause, bool begins)
    {
        if (begins ? _together.TryBegin(cause, broker.NowMs) : _together.TryEnd(cause))
            Add(QueueCommand.Together(cause, begins));
    }

    /// <summary>
    /// Reads posts from <paramref name="at"/> on. Returns where it stopped: before a request that must wait for
    /// settlements, or at the end.
    /// </summary>
    public int ReadPosts(Message frame, int at, LaneReceiver lane, long settled)
    {
        ReadOnlySpan<byte> bytes = frame.Body;
        byte flags = LineFrame.FlagsOf(bytes);
        var reader = new LineReader(bytes, at);
        if ((flags & LineFrame.BeginsInside) != 0)
        {
            if (lane.GoOnWithLong(reader.Take(bytes.Length - at), (flags & LineFrame.GoesOn) == 0) is { } whole)
                ReadLong(whole);
            return bytes.Length;
        }
        if ((flags & LineFrame.GoesOn) != 0)
        {
            lane.BeginLong(
                reader.Take(bytes.Length - at), LineWriting.PublishHeadBytes, broker.Options.LongestMessageBytes);
            return bytes.Length;
        }
        int messages = 0;
        try
        {
            while (!reader.IsAtEnd)
            {
                int start = reader.At;
                var kind = (LineItemKind)reader.Byte();
                if (kind == LineItemKind.Source)
                {
                    ReadSource(ref reader);
                    continue;
                }
                if (kind == LineItemKind.Origin)
                {
                    ReadOrigin(ref reader);
                    continue;
                }
                if (kind == LineItemKind.AnsweredBelow)
                {
                    ReadAnswered(ref reader);
                    continue;
                }
                _hasLastPost |= kind == LineItemKind.Last;
                if (kind == LineItemKind.Last)
                    continue;
                if (kind != LineItemKind.Publish)
                {
                    if (!ReadRequest(kind, ref reader, settled))
                        return start;
                    continue;
                }
                ReadPublish(frame, ref reader);
                messages++;
            }
            return bytes.Length;
        }
        finally
        {
            // Once for all of them, and before they are posted, whatever comes behind them.
            if (messages > 0)
                frame.Slab.AddReferences(messages);
        }
    }

    public void ReadSettlements(ReadOnlySpan<byte> bytes)
    {
        var reader = new LineReader(bytes, LineFrame.HeaderBytes);
        try
        {
            while (!reader.IsAtEnd)
            {
                var kind = (LineItemKind)reader.Byte();
                if (kind != LineItemKind.LateAcknowledge)
                    AddLate();
                ReadSettlement(kind, ref reader);
            }
        }
        finally
        {
            // Also those before one that makes no sense.
            AddLate();
        }
    }

    // Each walks through what the queue has handed out: all of a frame's together.
    private void AddLate()
    {
        if (_late.Count == 0)
            return;
        Add(QueueCommand.SettleLate([.. _late]));
        _late.Clear();
    }

    private void ReadPublish(Message frame, ref LineReader reader)
    {
        PublishHead head = ReadHead(ref reader);
        int offset = frame.Offset + reader.At;
        reader.Take(head.Sizes.TotalBytes);
        AddPublish(head, frame.Slab, offset);
    }

    private void ReadLong(LongItem item)
    {
        var reader = new LineReader(item.Head, 1);
        PublishHead head = ReadHead(ref reader);
        Slab slab = item.ToSlab(broker.Slabs);
        try
        {
            AddPublish(head, slab, 0);
        }
        catch (FormatException)
        {
            slab.Release(1);
            throw;
        }
    }

    private static PublishHead ReadHead(ref LineReader reader) => new(
        reader.Byte(), reader.Byte(), reader.Int64(), reader.Int64(),
        MessageSizes.Read(ref reader));

    private void AddPublish(in PublishHead head, Slab slab, int offset)
    {
        if (IsReplicated && _publisher.OfSource.Process == 0)
            throw new FormatException($"publish {head.Ticket} is nobody's");
        Message message = head.Sizes.At(slab, offset);
        MessageSizes.Check(message);
        bool goesAgain = (head.Flags & LineWriting.GoesAgain) != 0;
        PublishGroup? group = _origin is null && !goesAgain
            ? null
            : new PublishGroup(1, commit: null) { Origin = _origin, GoesAgain = goesAgain };
        _origin = null;
        Add(QueueCommand.Publish(
            message, head.Priority, (head.Flags & LineWriting.Persistent) != 0, head.TtlMs, _publisher,
            (ulong)head.Ticket, group));
    }

    private void ReadOrigin(ref LineReader reader)
    {
        var source = new PublishSource(new NodeId(reader.Identity()), PublishSource.Keepers);
        _origin = IsReplicated && _origin is null
            ? new PublishOrigin(source, reader.Int64())
            : throw new FormatException("an origin is out of place");
    }

    private void ReadSource(ref LineReader reader)
    {
        long source = reader.Int64();
        if (!IsReplicated || source == 0 || _publisher.OfSource.Process != 0)
            throw new FormatException($"the source {source} is out of place");
        _publisher = new VisitChannel(0, outbox) { OfSource = new PublishSource(outbox.Visitor, source) };
    }

    private void ReadAnswered(ref LineReader reader)
    {
        long below = reader.Int64();
        if (_publisher.OfSource.Process == 0 || below <= _publisher.AnsweredBelow)
            throw new FormatException($"that all below {below} is answered is out of place");
        _publisher.NoteAnswered(below);
    }

    // False: it must wait for settlements.
    private bool ReadRequest(LineItemKind kind, ref LineReader reader, long settled)
    {
        byte flags = reader.Byte();
        long number = reader.Int64();
        if (reader.Int64() > settled)
            return false;
        if (kind == LineItemKind.Sync)
        {
            Add(QueueCommand.Sync(_publisher, (ulong)number));
            return true;
        }
        var request = new VisitRequest(outbox, number) { Closes = kind == LineItemKind.Close };
        Add(kind switch
        {
            LineItemKind.Get => QueueCommand.Get(request, noAck: (flags & 1) != 0),
            LineItemKind.Purge => QueueCommand.Purge(request),
            LineItemKind.Status => QueueCommand.Status(request, touches: (flags & 1) != 0),
            LineItemKind.Close => QueueCommand.Close(request, (flags & 1) != 0, (flags & 2) != 0),
            _ => throw new FormatException($"kind {(byte)kind} is no post"),
        });
        return true;
    }

    private void ReadSettlement(LineItemKind kind, ref LineReader reader)
    {
        switch (kind)
        {
            case >= LineItemKind.Acknowledge and <= LineItemKind.Undelivered:
                int slot = reader.Int32();
                long position = reader.Int64();
                if (_gets.Count > 0 && _gets.TryGetValue(slot, out long got) && got == position)
                    _gets.Remove(slot);
                Add(kind switch
                {
                    LineItemKind.Acknowledge => QueueCommand.Settle(slot, position),
                    LineItemKind.Reject => QueueCommand.Reject(slot, position),
                    LineItemKind.Requeue => QueueCommand.Requeue(slot, position),
                    _ => QueueCommand.Return(slot, position, countsDelivery: kind == LineItemKind.Return),
                });
                break;
            case LineItemKind.LateAcknowledge:
                long late = reader.Int64();
                // What the process before this one delivered has the same names as what this one does.
                if (reader.Int64() == process)
                    _late.Add(late);
                break;
            case LineItemKind.Last:
                _hasLastSettlement = true;
                break;
            case LineItemKind.Together:
                SetTogether(reader.Int64(), reader.Byte() != 0);
                break;
            case LineItemKind.AddConsumer:
                ReadConsumer(ref reader);
                break;
            case LineItemKind.CancelConsumer:
                long cancelled = reader.Int64();
                long request = reader.Int64();
                bool isThere = _consumers.Remove(cancelled, out Consumer? consumer);
                // It has ended by itself: the cancellation is answered all the same, in its place.
                consumer ??= new Consumer { Tag = "", Channel = _publisher };
                if (isThere || request != 0)
                    Add(QueueCommand.CancelConsumer(consumer, Request(request)));
                break;
            case >= LineItemKind.AcknowledgeAt and <= LineItemKind.ClaimsComplete when IsReplicated:
                ReadOfOtherLines(kind, ref reader);
                break;
            default:
                ReadOfConsumer(kind, ref reader);
                break;
        }
    }

    private void ReadOfOtherLines(LineItemKind kind, ref LineReader reader)
    {
        if (kind == LineItemKind.ClaimsComplete)
        {
            Add(QueueCommand.ClaimsComplete(outbox.Visitor));
            return;
        }
        if (kind == LineItemKind.Claim)
        {
            ReadClaim(ref reader);
            return;
        }
        long position = reader.Int64();
        _claimed.Remove(position);
        Add(kind switch
        {
            LineItemKind.AcknowledgeAt => QueueCommand.SettleAt(position, outbox),
            LineItemKind.RejectAt => QueueCommand.RejectAt(position, outbox),
            LineItemKind.RequeueAt => QueueCommand.RequeueAt(position, outbox),
            _ => QueueCommand.ReturnAt(position, countsDelivery: kind == LineItemKind.ReturnAt, outbox),
        });
    }

    private void ReadClaim(ref LineReader reader)
    {
        _consumers.TryGetValue(reader.Int64(), out Consumer? consumer);
        int count = reader.Int32();
        var bytes = new LineReader(reader.Take(checked(8 * Math.Max(count, 0))), 0);
        long[] positions = new long[Math.Max(count, 0)];
        foreach (ref long position in positions.AsSpan())
            position = bytes.Int64();
        if (consumer is null)
            _claimed.UnionWith(positions);
        Add(QueueCommand.Claim(new HeldClaim(consumer, positions, outbox)));
    }

    private void ReadOfConsumer(LineItemKind kind, ref LineReader reader)
    {
        if (kind is not (LineItemKind.Written or LineItemKind.SetShared or LineItemKind.Grant))
            throw new FormatException($"kind {(byte)kind} is no settlement");
        _consumers.TryGetValue(reader.Int64(), out Consumer? consumer);
        int count = reader.Int32();
        long sizeBytes = kind == LineItemKind.Written ? reader.Int64() : 0;
        if (consumer is null)
            return;
        switch (kind)
        {
            case LineItemKind.Written:
                Add(QueueCommand.Written(consumer, count, (int)sizeBytes));
                break;
            case LineItemKind.SetShared:
                (consumer.Shared as LeasedPrefetch)?.SetActive(count != 0);
                Add(QueueCommand.Resume(consumer));
                break;
            default:
                consumer.Shared?.Give(count);
                Add(QueueCommand.Resume(consumer));
                Add(QueueCommand.Status(new VisitRequest(outbox, 0, consumer), touches: false));
                break;
        }
    }

    private void ReadConsumer(ref LineReader reader)
    {
        byte flags = reader.Byte();
        long number = reader.Int64();
        long request = reader.Int64();
        int priority = reader.Int32();
        int prefetch = reader.Int32();
        long timeoutMs = reader.Int64();
        ushort channelNumber = reader.UInt16();
        var channel = new VisitChannel(channelNumber, outbox, reader.Int64()) { ConsumerNumber = number };
        int tagBytes = reader.Byte();
        int argumentsBytes = reader.UInt16();
        string tag = Encoding.UTF8.GetString(reader.Take(tagBytes));
        bool noAck = (flags & 1) != 0;
        LeasedPrefetch? lease = noAck ? null : new LeasedPrefetch(channel);
        var consumer = new Consumer
        {
            Tag = tag,
            Channel = channel,
            Queue = Queue,
            Arguments = ConsumerFormat.Decode(reader.Take(argumentsBytes)),
            NoAck = noAck,
            Exclusive = (flags & 2) != 0,
            Priority = priority,
            PrefetchCount = prefetch,
            TimeoutMs = timeoutMs < 0 ? null : timeoutMs,
            Shared = lease,
            LineNumber = number,
        };
        if (lease is not null)
        {
            lease.Consumer = consumer;
            lease.SetActive((flags & 4) != 0);
        }
        if (number == 0 || !_consumers.TryAdd(number, consumer))
            throw new FormatException($"consumer {number} was there before");
        Add(QueueCommand.AddConsumer(consumer, Request(request)));
    }

    private VisitRequest? Request(long number) => number == 0 ? null : new VisitRequest(outbox, number);

    private readonly record struct PublishHead(
        byte Flags, byte Priority, long Ticket, long TtlMs, MessageSizes Sizes);
}
