using Xunit;

namespace Warren.Storage.Recovery;

/// <summary>
/// Random entries beside a plain list of them: what is added, released, moved and removed must be found and taken the
/// same, wherever one block ends and the next begins.
/// </summary>
public sealed class AddedEntriesTests
{
    private const int Steps = 6000;

    private readonly AddedEntries _entries = new();
    private readonly List<(EntryRow Row, byte[] Meta)> _model = [];
    private EntryRow _next = new() { Index = new LogIndex(1), Lsn = new Lsn(1), Position = new Position(1, 4096) };

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Entries_are_found_changed_and_taken_as_from_a_list(int seed)
    {
        var random = new Random(seed);
        // Most have long runs in one segment, and are cut now and then; some change it with every few entries.
        int breaks = seed % 3 == 0 ? 10 : 4000;
        for (int step = 0; step < Steps; step++)
        {
            if (random.Next(50) > 0)
                Add(random, breaks);
            else if (random.Next(20) == 0)
                Remove(random);
            else
                Change(random);
            CheckPlace(random);
        }
        foreach ((EntryRow expected, byte[] expectedMeta) in _model)
        {
            Assert.True(_entries.TryTake(out EntryRow row, out ReadOnlySpan<byte> meta));
            Assert.Equal(expected, row);
            Assert.Equal(expectedMeta, meta);
        }
        Assert.False(_entries.TryTake(out _, out _));
    }

    private void Add(Random random, int breaks)
    {
        byte[] meta = new byte[random.Next(100) == 0 ? random.Next(5000) : random.Next(9)];
        random.NextBytes(meta);
        EntryRow row = _next;
        row.BodyBytes = random.Next(1000);
        row.SharedBody = random.Next(10) == 0 ? row.Lsn.Value + random.NextInt64(int.MaxValue) : 0;
        row.MetaBytes = (ushort)meta.Length;
        _entries.Add(row, meta);
        _model.Add((row, meta));
        _next.Index = new LogIndex(row.Index.Value + Far(random, breaks, 1 << 17));
        // Copies may be read in another order than that of their LSNs.
        _next.Lsn = new Lsn(Math.Max(1, row.Lsn.Value + Far(random, breaks, 1L << 33) - Far(random, breaks, 1L << 32)));
        _next.Term = new Term(row.Term.Value + (random.Next(breaks) == 0 ? 1 : 0));
        _next.Position = new Position(
            row.Position.Segment + (random.Next(breaks) == 0 ? 1u : 0), row.Position.Offset + (uint)row.RecordBytes);
    }

    private static long Far(Random random, int breaks, long most) =>
        random.Next(breaks) == 0 ? random.NextInt64(1, most) : random.Next(1, 3);

    private void Remove(Random random)
    {
        LogIndex from = AnyIndex(random);
        _entries.RemoveFrom(_entries.Find(from));
        _model.RemoveAll(each => each.Row.Index >= from);
        _next.Index = from;
    }

    private void Change(Random random)
    {
        LogIndex index = AnyIndex(random);
        AddedEntries.Place place = _entries.Find(index);
        int at = FirstFrom(index);
        for (int count = random.Next(30); at < _model.Count && count > 0; count--, at++)
        {
            (EntryRow row, byte[] meta) = _model[at];
            if (random.Next(2) == 0)
                _entries.Release(place, row.ReleasedBy = (uint)random.Next(1, 100));
            else
                _entries.Move(place, row.Position = new Position((uint)random.Next(1, 100), (uint)random.Next()));
            _model[at] = (row, meta);
            place = _entries.Next(place);
        }
    }

    private void CheckPlace(Random random)
    {
        LogIndex index = AnyIndex(random);
        AddedEntries.Place place = _entries.Find(index);
        int at = FirstFrom(index);
        Assert.Equal(at < _model.Count, _entries.Has(place));
        if (at == _model.Count)
            return;
        EntryRow row = _model[at].Row;
        Assert.Equal(row.Index, _entries.IndexOf(place));
        Assert.Equal(row.Lsn, _entries.LsnOf(place));
        Assert.Equal(row.Position, _entries.PositionOf(place));
        Assert.Equal(row.ReleasedBy, _entries.ReleasedBy(place));
        Assert.Equal(at + 1 < _model.Count, _entries.Has(_entries.Next(place)));
    }

    private int FirstFrom(LogIndex index)
    {
        int at = _model.FindIndex(each => each.Row.Index >= index);
        return at < 0 ? _model.Count : at;
    }

    // Half of them near the end, where entries come and go.
    private LogIndex AnyIndex(Random random)
    {
        long first = random.Next(2) == 0 ? 1 : Math.Max(1, _next.Index.Value - 100);
        return new LogIndex(random.NextInt64(first, _next.Index.Value + 2));
    }
}
