using System.Collections.Immutable;
using Warren.Broker.Durability;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// Delayed messages that are on their way and are still kept, by their positions, with where they go to: whoever leads
/// next sends them there again, and nowhere else, under the same numbers. Of a queue there are none.
/// </summary>
internal sealed class MessageDepartures
{
    /// <summary>What is said of more queues than this goes into several records.</summary>
    private const int MostQueues = 4000;

    private Dictionary<long, MessageDeparture>? _byPosition;

    /// <summary>The last number that was given; 0: none ever was.</summary>
    public long Last { get; private set; }

    public int Count => _byPosition?.Count ?? 0;

    public IEnumerable<KeyValuePair<long, MessageDeparture>> All => _byPosition ?? [];

    public bool TryFind(long position, out MessageDeparture departure)
    {
        departure = default;
        return _byPosition is not null && _byPosition.TryGetValue(position, out departure);
    }

    /// <summary>One that is there goes to more queues.</summary>
    public void Add(long position, MessageDeparture departure)
    {
        NoteNumber(departure.Number);
        if (TryFind(position, out MessageDeparture before) && before.Number == departure.Number)
            departure = departure with { Queues = [.. before.Queues.Union(departure.Queues)] };
        (_byPosition ??= [])[position] = departure;
    }

    /// <summary>A number has been given to one that is kept no more.</summary>
    public void NoteNumber(long number) => Last = Math.Max(Last, number);

    public void Remove(long position) => _byPosition?.Remove(position);

    public void RemoveAll(ReadOnlySpan<IndexRange> ranges)
    {
        if (Count == 0)
            return;
        foreach (IndexRange range in ranges)
        {
            long length = range.Last.Value - range.First.Value + 1;
            if (length > Count)
            {
                foreach (long position in _byPosition!.Keys.Where(one => range.Contains(new LogIndex(one))).ToList())
                    _byPosition.Remove(position);
                continue;
            }
            for (long position = range.First.Value; position <= range.Last.Value; position++)
                _byPosition!.Remove(position);
        }
    }

    /// <summary>Of those whose message is there no more nothing is kept.</summary>
    public void KeepOnly(Func<long, bool> isThere)
    {
        foreach (long position in All.Select(static one => one.Key).Where(one => !isThere(one)).ToList())
            Remove(position);
    }

    public MessageDepartures Copy()
    {
        var copy = new MessageDepartures { Last = Last };
        foreach ((long position, MessageDeparture departure) in All)
            copy.Add(position, departure);
        return copy;
    }

    /// <summary>All of it, as it stands in a state.</summary>
    public void Write(List<byte> output)
    {
        AddNumber(output, Last);
        foreach ((long position, MessageDeparture departure) in All)
            WriteRecords(output, position, departure);
    }

    /// <summary>Reads what <see cref="Write"/> wrote, to the end.</summary>
    /// <exception cref="DurableFormatException">It makes no sense.</exception>
    public static MessageDepartures Read(ReadOnlySpan<byte> input, int at)
    {
        var read = new MessageDepartures { Last = MessageMeta.ReadNumber(input, ref at) };
        ReadRecords(input[at..], read.Add);
        return read;
    }

    /// <summary>Records of a departure, as they stand in an entry of its own and in a state.</summary>
    public static void WriteRecords(List<byte> output, long position, in MessageDeparture departure)
    {
        ReadOnlySpan<long> queues = departure.Queues.AsSpan();
        do
        {
            ReadOnlySpan<long> some = queues[..Math.Min(MostQueues, queues.Length)];
            AddNumber(output, departure.Number);
            AddNumber(output, position);
            AddNumber(output, some.Length);
            foreach (long queue in some)
                AddNumber(output, queue);
            queues = queues[some.Length..];
        }
        while (queues.Length > 0);
    }

    /// <exception cref="DurableFormatException">They make no sense.</exception>
    public static void ReadRecords(ReadOnlySpan<byte> input, Action<long, MessageDeparture> add)
    {
        for (int at = 0; at < input.Length;)
        {
            long number = MessageMeta.ReadNumber(input, ref at);
            long position = MessageMeta.ReadNumber(input, ref at);
            long count = MessageMeta.ReadNumber(input, ref at);
            if (count < 0 || count > input.Length - at)
                throw new DurableFormatException($"the departure of message {position} ends early");
            var queues = ImmutableArray.CreateBuilder<long>((int)count);
            for (; count > 0; count--)
                queues.Add(MessageMeta.ReadNumber(input, ref at));
            add(position, new MessageDeparture(number, queues.MoveToImmutable()));
        }
    }

    private static void AddNumber(List<byte> output, long value)
    {
        Span<byte> number = stackalloc byte[10];
        int length = 0;
        MessageMeta.WriteNumber(number, ref length, value);
        output.AddRange(number[..length]);
    }
}
