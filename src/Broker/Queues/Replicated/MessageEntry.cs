using Warren.Broker.Durability;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The meta of a replicated queue's entries (docs/formats/queue-log.md, "In a replicated queue"): as in a queue of one
/// member, with what consensus does not carry beside an entry, the entries that it takes the place of, and with the
/// number that its source has given a message.
/// </summary>
internal static class MessageEntry
{
    private const byte IsPersistent = 1;
    private const byte HasExpiry = 2;
    private const byte HasCount = 4;
    private const byte HasNumber = 8;
    private const byte HasReleases = 16;

    /// <summary>Of a message's meta, without what it releases.</summary>
    public const int MostBytes = 80;

    public static int Write(
        Span<byte> output, in QueuedMessage queued, long? expiresAt, SourceNumbers? source, long number,
        ReadOnlySpan<IndexRange> releases)
    {
        output[0] = EntryKinds.Message;
        output[1] = (byte)(
            ((queued.Flags & PublishFlags.Persistent) != 0 ? IsPersistent : 0)
            | (expiresAt is not null ? HasExpiry : 0)
            | (queued.DeliveryCount > 0 ? HasCount : 0)
            | (source is not null ? HasNumber : 0)
            | (releases.IsEmpty ? 0 : HasReleases));
        output[2] = queued.Priority;
        int at = 3;
        MessageMeta.WriteNumber(output, ref at, queued.Message.EnvelopeSizeBytes);
        MessageMeta.WriteNumber(output, ref at, queued.Message.PropertiesSizeBytes);
        if (expiresAt is { } expires)
            MessageMeta.WriteNumber(output, ref at, expires);
        if (queued.DeliveryCount > 0)
            MessageMeta.WriteNumber(output, ref at, queued.DeliveryCount);
        if (source is not null)
        {
            MessageMeta.WriteNumber(output, ref at, source.Ordinal);
            MessageMeta.WriteNumber(output, ref at, number);
        }
        if (!releases.IsEmpty)
            WriteRanges(output, ref at, releases);
        return at;
    }

    /// <summary>Ranges of entries that are gone, by rising index.</summary>
    public static byte[] WriteRemoval(ReadOnlySpan<IndexRange> ranges)
    {
        byte[] output = new byte[1 + 10 + (ranges.Length * 20)];
        output[0] = EntryKinds.Removal;
        int at = 1;
        WriteRanges(output, ref at, ranges);
        return output[..at];
    }

    /// <summary>Reads a message without index and record.</summary>
    /// <param name="meta">The entry's.</param>
    /// <param name="bodyBytes">Of the entry.</param>
    /// <param name="message">What it says.</param>
    /// <param name="ordinal">Of its source; 0: it has none.</param>
    /// <param name="number">That its source gave it.</param>
    /// <param name="ranges">Where <see cref="ReadRange"/> goes on, if it releases something.</param>
    /// <exception cref="DurableFormatException">It makes no sense.</exception>
    public static void Read(
        ReadOnlySpan<byte> meta, int bodyBytes, out ReplicaMessage message, out int ordinal, out long number,
        out RangeReader ranges)
    {
        if (meta.Length < 5)
            throw new DurableFormatException("a message's entry is too short");
        byte flags = meta[1];
        int at = 3;
        int envelopeBytes = checked((int)MessageMeta.ReadNumber(meta, ref at));
        int propertiesBytes = checked((int)MessageMeta.ReadNumber(meta, ref at));
        if ((long)envelopeBytes + propertiesBytes > bodyBytes)
            throw new DurableFormatException("a message's envelope and properties are longer than all of it");
        message = new ReplicaMessage
        {
            EnvelopeBytes = envelopeBytes,
            PropertiesBytes = propertiesBytes,
            BodyBytes = bodyBytes - envelopeBytes - propertiesBytes,
            MetaBytes = checked((ushort)meta.Length),
            Priority = meta[2],
            IsPersistent = (flags & IsPersistent) != 0,
            ExpiresAt = (flags & HasExpiry) != 0 ? MessageMeta.ReadNumber(meta, ref at) : long.MaxValue,
            DeliveryCount = (flags & HasCount) != 0 ? checked((int)MessageMeta.ReadNumber(meta, ref at)) : 0,
        };
        ordinal = (flags & HasNumber) != 0 ? checked((int)MessageMeta.ReadNumber(meta, ref at)) : 0;
        number = ordinal != 0 ? MessageMeta.ReadNumber(meta, ref at) : 0;
        ranges = (flags & HasReleases) != 0 ? new RangeReader(meta[at..]) : default;
    }

    private static void WriteRanges(Span<byte> output, ref int at, ReadOnlySpan<IndexRange> ranges)
    {
        MessageMeta.WriteNumber(output, ref at, ranges.Length);
        long before = 0;
        foreach (IndexRange range in ranges)
        {
            MessageMeta.WriteNumber(output, ref at, range.First.Value - before);
            MessageMeta.WriteNumber(output, ref at, range.Last.Value - range.First.Value);
            before = range.Last.Value;
        }
    }
}
