using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The live messages of a replica by rising index: a row of chunks, each an array. What is removed is marked, and a
/// chunk whose most is gone is packed; so a message costs its 48 bytes, whatever has come and gone around it.
/// </summary>
internal sealed class ReplicaMessages
{
    private const int ChunkItems = 256;

    private const int FewItems = 16;

    private readonly List<Chunk> _chunks = [];

    public int Count { get; private set; }

    /// <summary>What their records take on the disk.</summary>
    public long RecordBytes { get; private set; }

    /// <summary>Behind all others.</summary>
    public void Add(in ReplicaMessage message)
    {
        Chunk chunk;
        if (_chunks.Count > 0 && _chunks[^1].Used < ChunkItems)
            chunk = _chunks[^1];
        else
            _chunks.Add(chunk = new Chunk());
        chunk.Add(in message);
        Count++;
        RecordBytes += message.RecordBytes;
    }

    /// <summary>False: it is not there any more.</summary>
    public bool Remove(long index)
    {
        if (!TryFind(index, out int place, out int at))
            return false;
        Chunk chunk = _chunks[place];
        RecordBytes -= chunk.Items[at].RecordBytes;
        chunk.Remove(at);
        Count--;
        if (chunk.Live == 0)
            _chunks.RemoveAt(place);
        else if (chunk.Used > FewItems && chunk.Live <= chunk.Used / 4)
            Pack(place);
        return true;
    }

    public bool Contains(long index) => TryFind(index, out _, out _);

    /// <summary>Null reference if it is not there; valid until the next change.</summary>
    public ref ReplicaMessage Find(long index)
    {
        if (TryFind(index, out int place, out int at))
            return ref _chunks[place].Items[at];
        return ref System.Runtime.CompilerServices.Unsafe.NullRef<ReplicaMessage>();
    }

    /// <summary>The first behind an index.</summary>
    public bool TryNext(long after, out ReplicaMessage message)
    {
        for (int place = PlaceOf(after + 1); place < _chunks.Count; place++)
        {
            Chunk chunk = _chunks[place];
            for (int at = chunk.FirstFrom(after + 1); at < chunk.Used; at++)
            {
                if (chunk.Items[at].IsGone)
                    continue;
                message = chunk.Items[at];
                return true;
            }
        }
        message = default;
        return false;
    }

    /// <summary>Records lie elsewhere now.</summary>
    public void Move(in MovedEntry moved)
    {
        if (TryFind(moved.Index.Value, out int place, out int at) && _chunks[place].Items[at].Record == moved.From)
            _chunks[place].Items[at].Record = moved.To;
    }

    public void Clear()
    {
        _chunks.Clear();
        Count = 0;
        RecordBytes = 0;
    }

    private bool TryFind(long index, out int place, out int at)
    {
        at = 0;
        place = PlaceOf(index);
        if (place == _chunks.Count)
            return false;
        Chunk chunk = _chunks[place];
        at = chunk.FirstFrom(index);
        return at < chunk.Used && chunk.Items[at].Index == index && !chunk.Items[at].IsGone;
    }

    // The first chunk that ends at or behind an index.
    private int PlaceOf(long index)
    {
        int low = 0;
        int high = _chunks.Count;
        // Most is taken from the head, or is new.
        if (high > 0 && _chunks[0].Last >= index)
            return 0;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_chunks[middle].Last < index)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    // With a neighbour if both go into one.
    private void Pack(int place)
    {
        Chunk chunk = _chunks[place];
        chunk.Pack();
        if (place == 0 || _chunks[place - 1].Live + chunk.Live > ChunkItems / 2 || place == _chunks.Count - 1)
            return;
        Chunk before = _chunks[place - 1];
        before.Pack();
        foreach (ref readonly ReplicaMessage message in chunk.Items.AsSpan(0, chunk.Used))
            before.Add(in message);
        _chunks.RemoveAt(place);
    }

    private sealed class Chunk
    {
        public ReplicaMessage[] Items = new ReplicaMessage[FewItems];
        public int Used;
        public int Live;

        public long Last => Items[Used - 1].Index;

        public void Add(in ReplicaMessage message)
        {
            if (Used == Items.Length)
                Array.Resize(ref Items, Math.Min(ChunkItems, Items.Length * 4));
            Items[Used++] = message;
            Live++;
        }

        public void Remove(int at)
        {
            Items[at].IsGone = true;
            Live--;
        }

        public int FirstFrom(long index)
        {
            int low = 0;
            int high = Used;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (Items[middle].Index < index)
                    low = middle + 1;
                else
                    high = middle;
            }
            return low;
        }

        public void Pack()
        {
            int kept = 0;
            for (int at = 0; at < Used; at++)
            {
                if (!Items[at].IsGone)
                    Items[kept++] = Items[at];
            }
            Used = kept;
            Array.Resize(ref Items, Math.Max(FewItems, kept));
        }
    }
}
