using System.Buffers.Binary;
using Warren.Broker.Durability;
using Warren.Cluster;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What a replicated queue's log says beside its messages: which numbers of which sources were taken, what time it is,
/// how far messages may have been handed out, and whether the queue is closed. An entry of it stands for all that came
/// before; its bytes are drawn in docs/formats/queue-log.md.
/// </summary>
internal sealed class QueueState
{
    private const int NodeBytes = 16;
    private const int SourceBytes = NodeBytes + 8;
    private const byte ClosedFlag = 1;
    private const byte TimeFlag = 2;
    private const byte WallFlag = 4;
    private const byte FrontierFlag = 8;
    private const byte DeparturesFlag = 16;
    private const byte HolderFlag = 32;

    private LazyDictionary<PublishSource, SourceNumbers> _sources;
    private LazyDictionary<int, SourceNumbers> _byOrdinal;
    private int _lastOrdinal;

    /// <summary>The queue has ended: nothing is published to it any more, and its definition goes.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The queue's time; null: nothing has ever expired by it.</summary>
    public LoggedTime? Time { get; set; }

    /// <summary>
    /// By priority, up to which position messages may have been handed out; null: it is not known. It does not change.
    /// </summary>
    public long[]? Frontier { get; set; }

    /// <summary>Who has the queue to himself, and may have got something as such.</summary>
    public LoggedHolder Holder { get; set; }

    /// <summary>Of what keeps delayed messages: those that are on their way.</summary>
    public MessageDepartures Departures { get; private set; } = new();

    public IReadOnlyCollection<SourceNumbers> Sources => _sources.Values;

    public bool TryFind(PublishSource source, out SourceNumbers? numbers) => _sources.TryGetValue(source, out numbers);

    /// <summary>Of an entry's ordinal; null: a later state has it, or none.</summary>
    public SourceNumbers? Find(int ordinal) => _byOrdinal.GetValueOrDefault(ordinal);

    /// <summary>
    /// A source that is new. Others learn of it by an entry before the first message that names it. A node has one
    /// process at a time: sources of those before ask for nothing any more.
    /// </summary>
    public SourceNumbers Add(PublishSource source)
    {
        foreach (PublishSource before in _sources.Keys.Where(one => one.Node == source.Node).ToList())
            Remove(before);
        var numbers = new SourceNumbers(source, ++_lastOrdinal);
        Add(numbers);
        return numbers;
    }

    /// <summary>Of these nothing comes any more.</summary>
    public void RemoveSources(Func<PublishSource, bool> areGone)
    {
        foreach (PublishSource gone in _sources.Keys.Where(areGone).ToList())
            Remove(gone);
    }

    public QueueState Copy()
    {
        var copy = new QueueState
        {
            IsClosed = IsClosed,
            Time = Time,
            Frontier = Frontier,
            Holder = Holder,
            _lastOrdinal = _lastOrdinal,
        };
        copy.Departures = Departures.Copy();
        foreach (SourceNumbers numbers in _sources.Values)
            copy.Add(numbers.Copy());
        return copy;
    }

    public byte[] Write()
    {
        int flags = (IsClosed ? ClosedFlag : 0) | (Time is not null ? TimeFlag : 0)
            | (Time?.WallAheadMs is not null ? WallFlag : 0) | (Frontier is not null ? FrontierFlag : 0)
            | (Departures.Last > 0 ? DeparturesFlag : 0)
            | (!Holder.Node.IsNone ? HolderFlag : 0);
        var output = new List<byte>(32 + (_sources.Count * 48)) { (byte)flags };
        Add(output, _lastOrdinal);
        Add(output, _sources.Count);
        Span<byte> identity = stackalloc byte[SourceBytes];
        foreach (SourceNumbers numbers in _sources.Values)
        {
            numbers.Source.Node.Value.TryWriteBytes(identity, bigEndian: true, out _);
            BinaryPrimitives.WriteInt64LittleEndian(identity[16..], numbers.Source.Process);
            output.AddRange(identity);
            Add(output, numbers.Ordinal);
            Add(output, numbers.Last);
            Add(output, numbers.PassedOver.Count);
            foreach ((long from, long to) in numbers.PassedOver)
            {
                Add(output, from);
                Add(output, to - from);
            }
        }
        if (Time is { } time)
        {
            Add(output, time.Term);
            Add(output, time.TimeMs);
        }
        if (Time?.WallAheadMs is { } ahead)
            Add(output, (ahead << 1) ^ (ahead >> 63));
        if (Frontier is { } frontier)
        {
            Add(output, frontier.Length);
            foreach (long position in frontier)
                Add(output, position);
        }
        if (Holder is { Node.IsNone: false } holder)
        {
            holder.Node.Value.TryWriteBytes(identity, bigEndian: true, out _);
            output.AddRange(identity[..NodeBytes]);
            Add(output, holder.Number);
        }
        if (Departures.Last > 0)
            Departures.Write(output);
        return [.. output];
    }

    /// <exception cref="DurableFormatException">It makes no sense.</exception>
    public static QueueState Read(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            throw new DurableFormatException("a state says nothing");
        var state = new QueueState { IsClosed = (input[0] & ClosedFlag) != 0 };
        int at = 1;
        state._lastOrdinal = checked((int)MessageMeta.ReadNumber(input, ref at));
        for (long left = MessageMeta.ReadNumber(input, ref at); left > 0; left--)
        {
            if (input.Length - at < SourceBytes)
                throw new DurableFormatException("a state ends within a source");
            var source = new PublishSource(
                new NodeId(new Guid(input.Slice(at, 16), bigEndian: true)),
                BinaryPrimitives.ReadInt64LittleEndian(input[(at + 16)..]));
            at += SourceBytes;
            int ordinal = checked((int)MessageMeta.ReadNumber(input, ref at));
            long last = MessageMeta.ReadNumber(input, ref at);
            var passedOver = new List<(long From, long To)>();
            for (long ranges = MessageMeta.ReadNumber(input, ref at); ranges > 0; ranges--)
            {
                long from = MessageMeta.ReadNumber(input, ref at);
                passedOver.Add((from, from + MessageMeta.ReadNumber(input, ref at)));
            }
            state.Add(SourceNumbers.Read(source, ordinal, last, passedOver));
        }
        if ((input[0] & TimeFlag) != 0)
            state.Time = ReadTime(input, ref at);
        if ((input[0] & FrontierFlag) != 0)
            state.Frontier = ReadFrontier(input, ref at);
        if ((input[0] & HolderFlag) != 0)
            state.Holder = ReadHolder(input, ref at);
        if ((input[0] & DeparturesFlag) != 0)
            state.Departures = MessageDepartures.Read(input, at);
        return state;
    }

    private static LoggedHolder ReadHolder(ReadOnlySpan<byte> input, ref int at)
    {
        if (input.Length - at < NodeBytes)
            throw new DurableFormatException("a state ends within a holder");
        var node = new NodeId(new Guid(input.Slice(at, NodeBytes), bigEndian: true));
        at += NodeBytes;
        return new LoggedHolder(node, MessageMeta.ReadNumber(input, ref at));
    }

    private static long[] ReadFrontier(ReadOnlySpan<byte> input, ref int at)
    {
        long priorities = MessageMeta.ReadNumber(input, ref at);
        if (priorities is < 1 or > byte.MaxValue + 1)
            throw new DurableFormatException($"a state has a frontier of {priorities} priorities");
        long[] frontier = new long[priorities];
        foreach (ref long position in frontier.AsSpan())
            position = MessageMeta.ReadNumber(input, ref at);
        return frontier;
    }

    private static LoggedTime ReadTime(ReadOnlySpan<byte> input, ref int at)
    {
        long term = MessageMeta.ReadNumber(input, ref at);
        long timeMs = MessageMeta.ReadNumber(input, ref at);
        if ((input[0] & WallFlag) == 0)
            return new LoggedTime(term, timeMs, WallAheadMs: null);
        long ahead = MessageMeta.ReadNumber(input, ref at);
        return new LoggedTime(term, timeMs, (long)((ulong)ahead >> 1) ^ -(ahead & 1));
    }

    private static void Add(List<byte> output, long value)
    {
        Span<byte> number = stackalloc byte[10];
        int length = 0;
        MessageMeta.WriteNumber(number, ref length, value);
        output.AddRange(number[..length]);
    }

    private void Add(SourceNumbers numbers)
    {
        _sources.Add(numbers.Source, numbers);
        _byOrdinal.Add(numbers.Ordinal, numbers);
    }

    private void Remove(PublishSource source)
    {
        if (_sources.Remove(source, out SourceNumbers? numbers))
            _byOrdinal.Remove(numbers.Ordinal);
    }
}
