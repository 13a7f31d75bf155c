using System.Buffers.Binary;
using Warren.Storage.Disk;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage.Checkpoints;

/// <summary>
/// Reads a checkpoint in the order in which it was written: groups by rising id, their entries by rising index. All of
/// it has passed its checksums before anything is read from it.
/// </summary>
internal sealed class CheckpointReader : IDisposable
{
    private readonly IDiskFile? _file;
    private readonly long _tableAt;
    private readonly ItemReader _items = new();
    private byte[] _chunk = [];
    private long _next;
    private LogIndex _previousIndex;
    private byte[] _meta = [];

    private CheckpointReader(IDiskFile? file, CheckpointTable table, long tableAt)
    {
        _file = file;
        Table = table;
        _tableAt = tableAt;
        if (file is not null)
            Advance();
    }

    public CheckpointTable Table { get; }

    public long LengthBytes => _file?.LengthBytes ?? 0;

    /// <summary>Stands for no checkpoint: nothing is in it.</summary>
    public static CheckpointReader Empty() => new(null, CheckpointTable.None, 0);

    /// <summary>
    /// Opens a checkpoint and verifies all of it; null if any of it is damaged or cannot be read.
    /// </summary>
    public static CheckpointReader? TryOpen(IDisk disk, long number, out string? refusal)
    {
        refusal = null;
        IDiskFile file = disk.Open(CheckpointName.PathOf(number));
        try
        {
            if (TryFindTable(file, number, out CheckpointTable? table, out long tableAt))
                return new CheckpointReader(file, table!, tableAt);
        }
        catch (DiskException error)
        {
            refusal = error.Message;
        }
        file.Dispose();
        return null;
    }

    /// <summary>The next group; null at the end. What is left of the one before is passed over.</summary>
    public GroupHead? NextGroup()
    {
        while (NextItem())
        {
            if (_items.PeekByte() == CheckpointFormat.GroupItem)
                return ReadGroup();
            ReadEntry(out _);
        }
        return null;
    }

    /// <summary>The next entry of the group; false if there is none.</summary>
    public bool NextEntry(out EntryRow row, out ReadOnlySpan<byte> meta)
    {
        row = default;
        meta = default;
        if (!NextItem() || _items.PeekByte() != CheckpointFormat.EntryItem)
            return false;
        ReadEntry(out row);
        meta = _meta.AsSpan(0, row.MetaBytes);
        return true;
    }

    public void Dispose() => _file?.Dispose();

    private static bool TryFindTable(IDiskFile file, long number, out CheckpointTable? table, out long tableAt)
    {
        table = null;
        tableAt = 0;
        byte[] end = new byte[CheckpointFormat.EndBytes];
        long endAt = file.LengthBytes - end.Length;
        if (endAt < 0 || file.Read(endAt, end) != end.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(12)) != CheckpointFormat.Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(8)) != Crc32C.At((ulong)number, 0, end.AsSpan(0, 8)))
            return false;
        tableAt = BinaryPrimitives.ReadInt64LittleEndian(end);
        byte[] chunk = [];
        long at = 0;
        while (at < endAt)
        {
            bool isTable = at == tableAt;
            if (!TryReadChunk(file, number, ref at, ref chunk, out int count))
                return false;
            if (!isTable)
                continue;
            var items = new ItemReader();
            items.Set(chunk, count);
            table = CheckpointTable.Read(number, items);
        }
        return table is not null && at == endAt;
    }

    private static bool TryReadChunk(IDiskFile file, long number, ref long at, ref byte[] chunk, out int count)
    {
        Span<byte> header = stackalloc byte[CheckpointFormat.ChunkHeaderBytes];
        count = 0;
        if (file.Read(at, header) != header.Length)
            return false;
        count = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        if (count <= 0 || count > file.LengthBytes - at)
            return false;
        if (chunk.Length < count)
            chunk = new byte[count];
        Span<byte> payload = chunk.AsSpan(0, count);
        if (file.Read(at + header.Length, payload) != count
            || BinaryPrimitives.ReadUInt32LittleEndian(header) != Crc32C.At((ulong)number, (uint)at, payload))
            return false;
        at += header.Length + count;
        return true;
    }

    private bool NextItem() => _file is not null && (!_items.IsAtEnd || Advance());

    private bool Advance()
    {
        if (_next >= _tableAt)
            return false;
        if (!TryReadChunk(_file!, Table.Number, ref _next, ref _chunk, out int count))
        {
            throw new DiskException(
                $"{CheckpointName.PathOf(Table.Number)} read differently the second time: the disk fails.");
        }
        _items.Set(_chunk, count);
        return true;
    }

    private GroupHead ReadGroup()
    {
        _items.Byte();
        _previousIndex = default;
        var head = new GroupHead(new GroupId(_items.Number()));
        head.Reach(new LogIndex(_items.Number()), new Term(_items.Number()));
        var stateLsn = new Lsn(_items.Number());
        Position position = _items.Place();
        ReadOnlySpan<byte> state = _items.Bytes();
        if (stateLsn.Value > 0)
            head.SetState(state, stateLsn, position);
        var mark = new GroupMark(new Lsn(_items.Number()), _items.Place(), _items.Number() != 0, _items.Number());
        if (mark.Lsn.Value > 0)
            head.SetMark(mark);
        for (long count = _items.Number(); count > 0; count--)
            head.StateSegments.Add((uint)_items.Number());
        return head;
    }

    private void ReadEntry(out EntryRow row)
    {
        _items.Byte();
        row = new EntryRow
        {
            Index = new LogIndex(_previousIndex.Value + _items.Number()),
            Lsn = new Lsn(_items.Number()),
            Term = new Term(_items.Number()),
            Position = _items.Place(),
            BodyBytes = (int)_items.Number(),
            SharedBody = _items.Number(),
        };
        ReadOnlySpan<byte> meta = _items.Bytes();
        row.MetaBytes = (ushort)meta.Length;
        if (_meta.Length < meta.Length)
            _meta = new byte[meta.Length * 2];
        meta.CopyTo(_meta);
        _previousIndex = row.Index;
    }
}
