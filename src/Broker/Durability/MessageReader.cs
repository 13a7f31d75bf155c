using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Turns;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Durability;

/// <summary>
/// Reads the bytes of waiting messages back into memory, a batch of one owner after the other. Its turn waits for the
/// disk, so there is one for the node and it keeps no more than one thread from other turns; neighbours in the log
/// come with one read.
/// </summary>
internal sealed class MessageReader : Mailbox<MessageReader.Item>
{
    private readonly MessageBroker _broker;
    // Not disposed: a turn may be reading when the broker ends.
    private EntryReader? _reader;

    public MessageReader(MessageBroker broker)
        : base(broker.Turns) => _broker = broker;

    /// <summary>
    /// A queue, or null: the delayed messages; and what it wants, messages or payloads for other members of its group.
    /// It is told when that was read.
    /// </summary>
    internal readonly record struct Item(Queue? Queue, FetchBatch? Batch, PayloadRead? Payloads = null);

    protected override void Handle(ReadOnlySpan<Item> batch)
    {
        _reader ??= _broker.Storage!.OpenReader();
        foreach (ref readonly Item item in batch)
        {
            if (item.Payloads is { } payloads)
            {
                payloads.Run(_reader);
                item.Queue!.Post(QueueCommand.GroupRead(payloads));
                continue;
            }
            Read(_reader, item);
            if (item.Queue is { } queue)
                queue.Post(QueueCommand.Fetched());
            else
                _broker.Delays.Fetched();
        }
    }

    private void Read(EntryReader reader, in Item item)
    {
        // Slabs of this batch alone: one that nobody drains must not pin another owner's.
        var writer = new SlabWriter(_broker.Slabs);
        GroupId stored = item.Queue?.Group ?? DurableGroups.Delays;
        foreach (ref FetchItem wanted in item.Batch!.Items)
        {
            Message sizes = wanted.Message;
            GroupId group = wanted.IsPaged ? item.Queue!.PagedGroup : stored;
            if (sizes.SizeBytes >= EntryReader.LargeBytes)
            {
                wanted = ReadLarge(reader, group, wanted);
                continue;
            }
            ReadOnlySpan<byte> bytes;
            ReadOutcome outcome = wanted.SharedBody is { } shared
                ? reader.Read(shared, out bytes)
                : reader.Read(
                    group, wanted.Index, wanted.Record,
                    sizes.SizeBytes + EntryReader.EntryOverheadBytes, out _, out bytes);
            if (outcome == ReadOutcome.Unreadable)
                wanted = wanted with { IsRefused = true };
            if (outcome == ReadOutcome.Whole && bytes.Length == sizes.SizeBytes)
            {
                int bodyAt = sizes.EnvelopeSizeBytes + sizes.PropertiesSizeBytes;
                Message message = writer.Append(
                    bytes[..sizes.EnvelopeSizeBytes], bytes[sizes.EnvelopeSizeBytes..bodyAt], bytes[bodyAt..]);
                wanted = wanted with { Message = message };
            }
        }
        writer.Retire();
    }

    // Into a slab of its own; nothing else holds it meanwhile.
    private FetchItem ReadLarge(EntryReader reader, GroupId group, in FetchItem wanted)
    {
        Message sizes = wanted.Message;
        Slab slab = _broker.Slabs.Rent(sizes.SizeBytes);
        Span<byte> room = slab.Bytes.AsSpan(0, sizes.SizeBytes);
        ReadOutcome outcome = wanted.SharedBody is { } shared
            ? reader.ReadInto(shared, room)
            : reader.ReadInto(group, wanted.Index, wanted.Record, room);
        if (outcome != ReadOutcome.Whole)
        {
            slab.Release(1);
            return wanted with { IsRefused = outcome == ReadOutcome.Unreadable };
        }
        slab.UsedBytes = sizes.SizeBytes;
        var message = new Message(
            slab, 0, sizes.EnvelopeSizeBytes, sizes.PropertiesSizeBytes, sizes.BodySizeBytes);
        return wanted with { Message = message };
    }
}
