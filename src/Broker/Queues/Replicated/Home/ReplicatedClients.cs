using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Queues.Remote;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The consumers and requests of this node's clients at a replicated queue. They outlive its leader: on the next line
/// all of it is said again, with what consumers hold, and nobody notices. Owned by the stand-in's turn.
/// </summary>
internal sealed class ReplicatedClients(StandIn queue, StandInLanes lanes, MessageBroker broker)
    : RemoteClients(queue, lanes.Settlements, broker)
{
    // Consumers whose channel has ended, by number, with the frame that said so: until that is committed the next
    // leader must hear of their end, which an automatically deleted queue waits for.
    private readonly SortedDictionary<long, (Consumer Consumer, long Frame)> _leaving = [];

    /// <summary>What clients hold.</summary>
    public HeldDeliveries Held { get; } = new();

    /// <summary>There is something that a leader must hear.</summary>
    public bool HasAny => Consumers.Count + Requests.Count + _leaving.Count + Held.Count > 0;

    /// <summary>Somebody waits for an answer.</summary>
    public bool IsWaiting => Consumers.Count + Requests.Count > 0;

    /// <summary>Takes over what clients had before the queue was replicated; before anything else comes here.</summary>
    public void Adopt(Adoption adoption)
    {
        if (adoption.Former is { } former)
            TakeOver(former);
        foreach (Consumer consumer in adoption.Consumers)
            AddFormer(consumer);
        foreach (HeldMessage held in adoption.Held)
            Held.Adopt(held.Token, held.Position, held.Consumer?.LineNumber ?? held.Number, line: 0);
    }

    /// <inheritdoc/>
    public override bool Cancel(Consumer consumer, object? request)
    {
        long number = consumer.LineNumber;
        if (!base.Cancel(consumer, request))
            return false;
        if (request is null)
            _leaving.Add(number, (consumer, lanes.Settlements.LastNumber));
        return true;
    }

    /// <inheritdoc/>
    public override void Written(Consumer consumer, int messages, long sizeBytes)
    {
        consumer.UnwrittenMessages -= messages;
        consumer.UnwrittenBytes -= sizeBytes;
        base.Written(consumer, messages, sizeBytes);
    }

    protected override void NoteDelivered(in QueueEffect effect, long consumer)
    {
        if (effect.Slot >= 0)
            Held.Add(effect.Position, consumer, lanes.Line);
        if (consumer == 0)
            return;
        effect.Consumer.UnwrittenMessages++;
        effect.Consumer.UnwrittenBytes += effect.Message.SizeBytes;
    }

    protected override void NoteTakenBack(long consumer) => Held.Forget(consumer);

    /// <summary>What settlements frames up to this one have said is committed.</summary>
    public void Committed(long frame)
    {
        foreach ((long number, (_, long toldIn)) in _leaving.ToArray())
        {
            if (toldIn <= frame)
                _leaving.Remove(number);
        }
    }

    /// <summary>The line is over: everything is asked again on the next.</summary>
    public void LineEnded()
    {
        foreach (Consumer consumer in Consumers.Values)
        {
            // The next leader asks for places of its own.
            ReturnPlaces(consumer, consumer.PlacesOut);
            consumer.WantsPlaces = false;
        }
        foreach ((long number, AskedRequest asked) in Requests.ToArray())
        {
            // Of who is no more nothing is asked again.
            if (asked is { Request: ReaddedConsumer, Consumer.LineNumber: 0 })
                Requests.Remove(number);
            else
                Requests[number] = asked with { IsAgain = true };
        }
    }

    /// <summary>A new line: consumers in their first order, each with what it holds, and what gets hold.</summary>
    public void WriteConsumers()
    {
        Dictionary<long, List<long>> claims = Held.ByConsumer(Consumers.ContainsKey);
        Dictionary<Consumer, long> coming = AskedFor(LineItemKind.AddConsumer);
        Dictionary<Consumer, long> going = AskedFor(LineItemKind.CancelConsumer);
        foreach (long number in Consumers.Keys.Concat(_leaving.Keys).Order().ToArray())
        {
            if (!Consumers.TryGetValue(number, out Consumer? consumer))
            {
                LineWriting.AddConsumer(lanes.Settlements, number, 0, _leaving[number].Consumer);
                LineWriting.CancelConsumer(lanes.Settlements, number, 0);
                _leaving[number] = (_leaving[number].Consumer, lanes.Settlements.LastNumber);
                continue;
            }
            // Its client hears nothing, but this side must know whether it is there.
            if (!coming.TryGetValue(consumer, out long request))
                request = Ask(new AskedRequest(new ReaddedConsumer(), LineItemKind.AddConsumer, 0, consumer));
            WriteConsumer(consumer, request);
            // The leader counts on a window of which some is in use.
            if (consumer.UnwrittenMessages > 0)
            {
                LineWriting.Written(
                    lanes.Settlements, number, -consumer.UnwrittenMessages, -consumer.UnwrittenBytes);
            }
            if (claims.Remove(number, out List<long>? held))
                WriteClaims(number, held);
            if (going.TryGetValue(consumer, out long cancellation))
                WriteCancel(consumer, cancellation);
        }
        if (claims.TryGetValue(0, out List<long>? others))
            WriteClaims(0, others);
    }

    /// <summary>A new line: what was not answered, in its order.</summary>
    public void WriteRequests()
    {
        foreach ((long number, AskedRequest asked) in Requests.OrderBy(static asked => asked.Key))
        {
            if (asked.Kind < LineItemKind.Acknowledge)
            {
                LineWriting.Request(
                    lanes.Posts, asked.Kind, number, lanes.Settlements.LastNumber, asked.Flags);
            }
        }
    }

    /// <summary>Another node leads: consumers that asked for it are told by a cancellation.</summary>
    public void CancelOnFailover(QueueScratch scratch) =>
        Cancel(static consumer => ConsumeArguments.CancelsOnFailover(consumer.Arguments), scratch);

    /// <summary>
    /// This node may be cut off: before a leader that it does not hear of gives the queue to another, who has it to
    /// himself here has it no more.
    /// </summary>
    /// <param name="isOneAtATime">Each of the queue's consumers may be the one.</param>
    /// <param name="scratch">Where they are told.</param>
    public void CancelHolders(bool isOneAtATime, QueueScratch scratch) =>
        Cancel(consumer => isOneAtATime || consumer.Exclusive, scratch);

    private void Cancel(Func<Consumer, bool> isIt, QueueScratch scratch)
    {
        foreach (Consumer consumer in Consumers.Values.ToArray())
        {
            if (!isIt(consumer) || IsComingOrGoing(consumer))
                continue;
            // With a line its leader has the consumer, and serves it alone until it hears of its end.
            if (lanes.Line != 0)
                Cancel(consumer, request: null);
            else
                Forget(consumer);
            scratch.Events.Add(new ChannelEvent(consumer.Channel, ConnectionEventKind.ConsumerEnded, consumer));
        }
    }

    /// <summary>The queue is gone: what clients hold, too.</summary>
    public void Forget()
    {
        Held.Clear();
        _leaving.Clear();
    }

    // Nobody who leads has it.
    private void Forget(Consumer consumer)
    {
        foreach ((long number, AskedRequest asked) in Requests.ToArray())
        {
            if (asked.Consumer == consumer)
                Requests.Remove(number);
        }
        Remove(consumer, remembers: false);
    }

    private bool IsComingOrGoing(Consumer consumer) =>
        Requests.Values.Any(asked => asked.Consumer == consumer && asked.Request is not ReaddedConsumer);

    private Dictionary<Consumer, long> AskedFor(LineItemKind kind) =>
        Requests.Where(asked => asked.Value.Kind == kind)
            .ToDictionary(static asked => asked.Value.Consumer!, static asked => asked.Key);

    private void WriteClaims(long consumer, List<long> positions) =>
        LineWriting.Claims(lanes.Settlements, consumer, [.. positions]);
}
