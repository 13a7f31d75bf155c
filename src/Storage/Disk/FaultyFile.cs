namespace Warren.Storage.Disk;

/// <summary>
/// A file of a <see cref="FaultyDisk"/>: what reads see, what the device has, and the way from one to the other.
/// Invariant: without failed syncs, <see cref="_durable"/> and then <see cref="_unsynced"/> in order make
/// <see cref="_seen"/>. A failed sync may drop bytes, never sizes, from <see cref="_unsynced"/>: those are in the page
/// cache, which shows them, but nobody will write them any more.
/// </summary>
internal sealed class FaultyFile
{
    private readonly PagedBytes _durable;
    private readonly List<FileChange> _unsynced;
    private readonly HashSet<long> _badSectors;
    private PagedBytes _seen;

    public FaultyFile()
        : this(new PagedBytes(), new PagedBytes(), [], [])
    {
    }

    private FaultyFile(
        PagedBytes durable, PagedBytes seen, List<FileChange> unsynced, HashSet<long> badSectors)
    {
        _durable = durable;
        _seen = seen;
        _unsynced = unsynced;
        _badSectors = badSectors;
    }

    public long LengthBytes => _seen.Length;

    /// <summary>Whether it counts for the space that is used.</summary>
    public bool HasName { get; set; } = true;

    public IReadOnlyList<FileChange> Unsynced => _unsynced;

    public int Read(long offset, Span<byte> buffer) => _seen.Read(offset, buffer);

    /// <summary>A read of these bytes meets a sector that cannot be read.</summary>
    public bool IsBad(long offset, int count)
    {
        if (_badSectors.Count == 0 || count == 0)
            return false;
        for (long sector = offset / Sectors.SizeBytes; sector <= (offset + count - 1) / Sectors.SizeBytes; sector++)
        {
            if (_badSectors.Contains(sector))
                return true;
        }
        return false;
    }

    /// <summary>The sector of this byte cannot be read until it is written again.</summary>
    public void Spoil(long offset)
    {
        Sync();
        _badSectors.Add(offset / Sectors.SizeBytes);
    }

    /// <param name="sequence">Of the change.</param>
    /// <param name="offset">Where the bytes go.</param>
    /// <param name="bytes">Not changed by the caller any more.</param>
    public void Write(long sequence, long offset, byte[] bytes)
    {
        if (bytes.Length == 0)
            return;
        var before = _seen.Length;
        long last = (offset + bytes.Length - 1) / Sectors.SizeBytes;
        _badSectors.RemoveWhere(sector => sector >= offset / Sectors.SizeBytes && sector <= last);
        _seen.Write(offset, bytes);
        _unsynced.Add(new FileChange(sequence, offset, bytes, before, _seen.Length));
    }

    public void SetLength(long sequence, long lengthBytes)
    {
        if (lengthBytes == _seen.Length)
            return;
        _unsynced.Add(new FileChange(sequence, 0, [], _seen.Length, lengthBytes));
        _seen.SetLength(lengthBytes);
    }

    public void Sync()
    {
        foreach (var change in _unsynced)
            change.ApplyTo(_durable);
        _unsynced.Clear();
    }

    /// <summary>A sync that fails after some of the changes, in their order.</summary>
    public void SyncPrefix(Random random)
    {
        var count = random.Next(_unsynced.Count + 1);
        for (var i = 0; i < count; i++)
            _unsynced[i].ApplyTo(_durable);
        _unsynced.RemoveRange(0, count);
    }

    /// <summary>A sync that fails and drops what it did not write, which later syncs will not write either.</summary>
    /// <param name="random">Draws the sectors that were written all the same; null for none.</param>
    public void DropUnsynced(Random? random)
    {
        var sizes = new List<FileChange>();
        foreach (var change in _unsynced)
        {
            if (random is not null)
                Sectors.Write(_durable, change.Offset, change.Bytes, _ => random.Next(2) == 0);
            // Sizes are in the file system's journal, not in the page cache.
            if (change.LengthAfter != change.LengthBefore)
                sizes.Add(change with { Offset = 0, Bytes = [] });
        }
        _unsynced.Clear();
        _unsynced.AddRange(sizes);
    }

    /// <summary>Reads show what the device has and what is still to be written to it.</summary>
    public void EvictCache()
    {
        var length = _seen.Length;
        _seen = _durable.Clone();
        foreach (var change in _unsynced)
            change.ApplyTo(_seen);
        _seen.SetLength(length);
    }

    /// <exception cref="ArgumentOutOfRangeException">The file has no such bit.</exception>
    public void FlipBit(long offset, int bit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, LengthBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(bit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bit, 7);
        Sync();
        Span<byte> one = stackalloc byte[1];
        foreach (var content in (ReadOnlySpan<PagedBytes>)[_durable, _seen])
        {
            one.Clear();
            content.Read(offset, one);
            one[0] ^= (byte)(1 << bit);
            content.Write(offset, one);
        }
    }

    /// <summary>Cuts what is durable and what is seen.</summary>
    public void Truncate(long lengthBytes)
    {
        Sync();
        _durable.SetLength(lengthBytes);
        _seen.SetLength(lengthBytes);
    }

    /// <summary>The same file for another disk.</summary>
    public FaultyFile Clone()
    {
        return new FaultyFile(_durable.Clone(), _seen.Clone(), [.. _unsynced], [.. _badSectors])
        {
            HasName = HasName,
        };
    }

    /// <summary>The file after a power cut that lost every change that was not synced.</summary>
    public FaultyFile LoseAll() => Found(_durable.Clone());

    /// <summary>The file after a power cut that lost nothing but what a failed sync had dropped.</summary>
    public FaultyFile KeepAll()
    {
        var content = _durable.Clone();
        foreach (var change in _unsynced)
            change.ApplyTo(content);
        return Found(content);
    }

    /// <summary>The file after a power cut that tore the disk's change <paramref name="torn"/>.</summary>
    public FaultyFile KeepPrefix(long torn, Random random)
    {
        var content = _durable.Clone();
        foreach (var change in _unsynced)
        {
            if (change.Sequence > torn)
                break;
            if (change.Sequence < torn)
            {
                change.ApplyTo(content);
                continue;
            }
            var length = change.TornLength(random);
            var end = random.NextInt64(change.Offset, change.Offset + change.Bytes.Length + 1);
            Sectors.Write(content, change.Offset, change.Bytes, offset => offset < end);
            content.SetLength(length);
        }
        return Found(content);
    }

    /// <summary>The file after a power cut that each sector of each write came through on its own.</summary>
    public FaultyFile KeepSectors(Random random)
    {
        var content = _durable.Clone();
        // Sizes are metadata, which journals keep in order: those of the first few changes came through.
        var sizes = random.Next(_unsynced.Count + 1);
        var length = sizes == 0 ? content.Length : _unsynced[sizes - 1].LengthAfter;
        if (sizes < _unsynced.Count && random.Next(2) == 0)
            length = _unsynced[sizes].TornLength(random);
        var chance = random.NextDouble();
        // Bytes written where a cut that did not come through had freed the blocks went to other blocks.
        var lostFrom = long.MaxValue;
        for (var i = 0; i < _unsynced.Count; i++)
        {
            var change = _unsynced[i];
            if (change.Shrinks && i >= sizes)
                lostFrom = Math.Min(lostFrom, change.LengthAfter);
            else if (change.Shrinks)
                content.SetLength(Math.Min(content.Length, change.LengthAfter));
            Sectors.Write(
                content, change.Offset, change.Bytes, offset => random.NextDouble() < chance && offset < lostFrom);
        }
        content.SetLength(length);
        return Found(content);
    }

    private FaultyFile Found(PagedBytes content) => new(content, content.Clone(), [], [.. _badSectors]);
}
