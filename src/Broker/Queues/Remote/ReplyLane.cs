using Warren.Broker.Messages;
using Warren.Broker.Turns;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Direct replies to one node, through no queue and at most once: what a lost link takes along is lost, and what waits
/// beyond a bound is dropped, as for a client that does not read.
/// </summary>
internal sealed class ReplyLane(QueueLinks links, LinePeer peer)
    : Mailbox<ReplyLane.Item>(links.Broker.Turns), ILine
{
    private const long MostWaitingBytes = 16 * 1024 * 1024;

    private readonly LaneSender _lane = new(LineFrame.Reply, LinkClass.Deliveries);
    private readonly LaneReceiver _pieces = new();
    private long _postedBytes;
    private long _unsentBytes;

    /// <summary>A reply with its reference, or a signal.</summary>
    public readonly record struct Item(Message Message, LineSignal Signal);

    // Those that its turn has not seen, and those that found no room.
    private long WaitingBytes => Volatile.Read(ref _postedBytes) + Volatile.Read(ref _unsentBytes);

    /// <inheritdoc/>
    public void Signal(LineSignal signal, long process) => Post(new Item(default, signal));

    /// <summary>Queues a copy; the caller keeps its reference. False: too much waits, or there is no link.</summary>
    public bool TrySend(in Message message)
    {
        if (!links.Peers.IsUp(peer.Id) || WaitingBytes > MostWaitingBytes)
            return false;
        Interlocked.Add(ref _postedBytes, message.SizeBytes);
        message.Slab.AddReferences(1);
        Post(new Item(message, LineSignal.Tick));
        return true;
    }

    /// <summary>A frame of replies from that node. For the link's reader alone.</summary>
    public void Arrived(ReadOnlySpan<byte> body)
    {
        try
        {
            Read(body);
        }
        catch (FormatException error)
        {
            _pieces.Clear();
            links.Refuse(peer.Id, "as a direct reply", error);
        }
    }

    protected override void Handle(ReadOnlySpan<Item> batch)
    {
        foreach (ref readonly Item item in batch)
        {
            if (item.Message.IsResident)
            {
                LineWriting.Reply(_lane, item.Message);
                item.Message.Slab.Release(1);
                Interlocked.Add(ref _postedBytes, -item.Message.SizeBytes);
            }
            else if (item.Signal == LineSignal.Down)
                _lane.Clear();
        }
        _lane.SendOrAwait(peer, 0, 0, this);
        _lane.Received(_lane.HighestSent);
        Volatile.Write(ref _unsentBytes, _lane.UnsentBytes);
    }

    private void Read(ReadOnlySpan<byte> body)
    {
        if (body.Length <= LineFrame.HeaderBytes)
            throw new FormatException($"it has {body.Length} bytes");
        byte flags = LineFrame.FlagsOf(body);
        var reader = new LineReader(body, LineFrame.HeaderBytes);
        if ((flags & LineFrame.BeginsInside) != 0)
        {
            ReadOnlySpan<byte> piece = reader.Take(body.Length - reader.At);
            if (_pieces.GoOnWithLong(piece, (flags & LineFrame.GoesOn) == 0) is not { } whole)
                return;
            var head = new LineReader(whole.Head, 0);
            Deliver(MessageSizes.Read(ref head).At(whole.ToSlab(links.Broker.Slabs), 0));
            return;
        }
        // What a lost link cut off is not waited for.
        _pieces.Clear();
        if ((flags & LineFrame.GoesOn) != 0)
        {
            _pieces.BeginLong(
                reader.Take(body.Length - reader.At), MessageSizes.SizeBytes,
                links.Broker.Options.LongestMessageBytes);
            return;
        }
        while (!reader.IsAtEnd)
        {
            MessageSizes sizes = MessageSizes.Read(ref reader);
            Deliver(MessageInOwnSlab.Store(links.Broker.Slabs, sizes, reader.Take(sizes.TotalBytes)));
        }
    }

    private void Deliver(Message message)
    {
        try
        {
            MessageSizes.Check(message);
            links.Broker.DirectReplies.DeliverHere(message);
        }
        finally
        {
            message.Slab.Release(1);
        }
    }
}
