using System.Buffers.Binary;

namespace Warren.Storage.Recovery;

/// <summary>
/// Successive entries of a group that were appended in one segment and one term: 20 bytes and the meta of each, since
/// millions are in memory while a checkpoint or a recovery is under way. What few entries have takes room in the blocks
/// that have one of them.
/// </summary>
internal sealed class EntryBlock
{
    /// <summary>
    /// Arrays of 20 KiB: few for what they hold, and small enough for the heap whose garbage is collected first.
    /// </summary>
    private const int MostEntries = 1024;

    private const int FewEntries = 4;

    private readonly LogIndex _firstIndex;
    private readonly Lsn _firstLsn;
    private readonly Term _term;
    private readonly uint _segment;
    private Packed[] _entries;
    private byte[] _metas;
    private uint[]? _releasedBy;
    private Position[]? _moved;

    /// <param name="first">The first entry, which is not added yet.</param>
    /// <param name="before">The block before it, which tells how much there may be to come; null: none.</param>
    public EntryBlock(in EntryRow first, EntryBlock? before)
    {
        _firstIndex = first.Index;
        _firstLsn = first.Lsn;
        _term = first.Term;
        _segment = first.Position.Segment;
        bool isLong = before is { Count: MostEntries };
        _entries = new Packed[isLong ? MostEntries : FewEntries];
        _metas = isLong ? new byte[before!.MetaEnd(MostEntries)] : [];
    }

    public int Count { get; private set; }

    /// <summary>False: the entry has to begin another block.</summary>
    public bool TryAdd(in EntryRow row, ReadOnlySpan<byte> meta)
    {
        // A hole in the indexes or the LSNs, or copies that are read in another order, are rare.
        ulong index = (ulong)(row.Index.Value - _firstIndex.Value);
        ulong lsn = (ulong)(row.Lsn.Value - _firstLsn.Value);
        if (Count == MostEntries || index > ushort.MaxValue || lsn > uint.MaxValue || row.Term != _term
            || row.Position.Segment != _segment)
            return false;
        int at = MetaEnd(Count);
        int end = at + (row.SharedBody == 0 ? 0 : sizeof(long)) + meta.Length;
        if (Count == _entries.Length)
            Resize(Math.Min(MostEntries, Count * 4));
        if (end > _metas.Length)
            Array.Resize(ref _metas, Math.Max(end, _metas.Length * 2));
        if (row.SharedBody != 0)
            BinaryPrimitives.WriteInt64LittleEndian(_metas.AsSpan(at), row.SharedBody);
        meta.CopyTo(_metas.AsSpan(end - meta.Length));
        _entries[Count] = new Packed
        {
            Lsn = (uint)lsn,
            Offset = row.Position.Offset,
            BodyBytes = row.BodyBytes,
            MetaEnd = end,
            Index = (ushort)index,
            HasSharedBody = row.SharedBody != 0,
        };
        if (_releasedBy is not null)
            _releasedBy[Count] = 0;
        if (_moved is not null)
            _moved[Count] = default;
        Count++;
        return true;
    }

    /// <summary>Nothing is added any more: gives back what was reserved for it.</summary>
    public void Close()
    {
        if (_entries.Length > Count)
            Resize(Count);
        if (_metas.Length > MetaEnd(Count))
            Array.Resize(ref _metas, MetaEnd(Count));
    }

    public void Cut(int count) => Count = count;

    /// <summary>The first entry with this index or a higher one; <see cref="Count"/>: there is none.</summary>
    public int Find(LogIndex index)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (IndexOf(middle) < index)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    public LogIndex IndexOf(int at) => new(_firstIndex.Value + _entries[at].Index);

    public Lsn LsnOf(int at) => new(_firstLsn.Value + _entries[at].Lsn);

    public Position PositionOf(int at) =>
        _moved is not null && !_moved[at].IsNone ? _moved[at] : new Position(_segment, _entries[at].Offset);

    public uint ReleasedBy(int at) => _releasedBy is null ? 0 : _releasedBy[at];

    public void Release(int at, uint by) => (_releasedBy ??= new uint[_entries.Length])[at] = by;

    public void Move(int at, Position to) => (_moved ??= new Position[_entries.Length])[at] = to;

    public EntryRow Get(int at, out ReadOnlySpan<byte> meta)
    {
        Packed entry = _entries[at];
        meta = _metas.AsSpan(MetaEnd(at)..entry.MetaEnd);
        long sharedBody = 0;
        if (entry.HasSharedBody)
        {
            sharedBody = BinaryPrimitives.ReadInt64LittleEndian(meta);
            meta = meta[sizeof(long)..];
        }
        return new EntryRow
        {
            Index = IndexOf(at),
            Lsn = LsnOf(at),
            Term = _term,
            Position = PositionOf(at),
            SharedBody = sharedBody,
            BodyBytes = entry.BodyBytes,
            ReleasedBy = ReleasedBy(at),
            MetaBytes = (ushort)meta.Length,
        };
    }

    private int MetaEnd(int count) => count == 0 ? 0 : _entries[count - 1].MetaEnd;

    private void Resize(int length)
    {
        Array.Resize(ref _entries, length);
        if (_releasedBy is not null)
            Array.Resize(ref _releasedBy, length);
        if (_moved is not null)
            Array.Resize(ref _moved, length);
    }

    private struct Packed
    {
        public uint Lsn;
        public uint Offset;
        public int BodyBytes;
        public int MetaEnd;
        public ushort Index;
        public bool HasSharedBody;
    }
}
