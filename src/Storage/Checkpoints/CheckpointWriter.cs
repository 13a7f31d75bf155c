using System.Buffers.Binary;
using Warren.Storage.Disk;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage.Checkpoints;

/// <summary>
/// Writes one checkpoint, group by group, entry by entry. The file has its name only when all of it is durable, so that
/// a checkpoint is there whole or not at all.
/// </summary>
internal sealed class CheckpointWriter : IDisposable
{
    private readonly IDisk _disk;
    private readonly long _number;
    private readonly string _unfinished;
    private readonly IDiskFile _file;
    private readonly ItemWriter _items = new();
    private readonly byte[] _chunkHeader = new byte[CheckpointFormat.ChunkHeaderBytes];
    private long _length;
    private bool _isFinished;
    private LogIndex _previousIndex;

    public CheckpointWriter(IDisk disk, long number)
    {
        _disk = disk;
        _number = number;
        _unfinished = CheckpointName.PathOf(number) + CheckpointName.UnfinishedSuffix;
        disk.Delete(_unfinished);
        _file = disk.Create(_unfinished, 0);
    }

    public long LengthBytes => _length;

    public void Group(GroupHead head)
    {
        CloseFullChunk();
        _items.Byte(CheckpointFormat.GroupItem);
        _items.Number(head.Id.Value);
        _items.Number(head.LastIndex.Value);
        _items.Number(head.LastTerm.Value);
        _items.Number(head.StateLsn.Value);
        _items.Place(head.StatePosition);
        _items.Bytes(head.State ?? []);
        _items.Number(head.Mark.Lsn.Value);
        _items.Place(head.Mark.Position);
        _items.Number(head.Mark.IsUnsound ? 1 : 0);
        _items.Number(head.Mark.LostEntries);
        _items.Number(head.StateSegments.Count);
        foreach (uint segment in head.StateSegments)
            _items.Number(segment);
        _previousIndex = default;
    }

    public void Entry(in EntryRow row, ReadOnlySpan<byte> meta)
    {
        CloseFullChunk();
        _items.Byte(CheckpointFormat.EntryItem);
        _items.Number(row.Index.Value - _previousIndex.Value);
        _items.Number(row.Lsn.Value);
        _items.Number(row.Term.Value);
        _items.Place(row.Position);
        _items.Number(row.BodyBytes);
        _items.Number(row.SharedBody);
        _items.Bytes(meta);
        _previousIndex = row.Index;
    }

    /// <summary>Writes the table, makes everything durable and gives the file its name.</summary>
    public void Finish(CheckpointTable table)
    {
        CloseChunk();
        long tableAt = _length;
        table.Write(_items);
        CloseChunk();
        byte[] end = new byte[CheckpointFormat.EndBytes];
        BinaryPrimitives.WriteInt64LittleEndian(end, tableAt);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(8), Crc32C.At((ulong)_number, 0, end.AsSpan(0, 8)));
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), CheckpointFormat.Magic);
        _file.Write(_length, [end]);
        _length += end.Length;
        _file.Sync();
        _disk.Rename(_unfinished, CheckpointName.PathOf(_number));
        _isFinished = true;
        _disk.SyncDirectory(CheckpointName.Directory);
    }

    /// <summary>What was not finished takes no space from who could make some.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (_isFinished)
            return;
        try
        {
            _disk.Delete(_unfinished);
        }
        catch (DiskException)
        {
            // The disk was what failed before, and the next checkpoint removes it.
        }
    }

    private void CloseFullChunk()
    {
        if (_items.Count >= CheckpointFormat.ChunkBytes)
            CloseChunk();
    }

    private void CloseChunk()
    {
        if (_items.Count == 0)
            return;
        BinaryPrimitives.WriteUInt32LittleEndian(
            _chunkHeader, Crc32C.At((ulong)_number, (uint)_length, _items.Written.Span));
        BinaryPrimitives.WriteInt32LittleEndian(_chunkHeader.AsSpan(4), _items.Count);
        _file.Write(_length, [_chunkHeader, _items.Written]);
        _length += _chunkHeader.Length + _items.Count;
        _items.Clear();
    }
}
