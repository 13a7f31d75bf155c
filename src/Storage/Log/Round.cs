using System.Buffers;

namespace Warren.Storage.Log;

/// <summary>
/// The records that become durable by one sync. It fills under the log's lock while the round before it is written,
/// then the committer alone has it. Where each record will lie is known when it is added.
/// Small bodies are copied into chunks, large ones are written from where they lie.
/// </summary>
internal sealed class Round
{
    private const int ChunkBytes = 256 * 1024;

    /// <summary>Below this, copying costs less than one more piece in the gathering write.</summary>
    public const int CopiedBodyBytes = 16 * 1024;

    private readonly List<byte[]> _chunks = [];
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private readonly List<(LogGroup Group, Lsn Last)> _groups = [];
    private readonly List<SharedBody> _named = [];
    private readonly List<Action> _whenWritten = [];
    private byte[] _chunk = [];
    private int _pieceStart;
    private int _chunkUsed;
    private long _length;

    public long Number { get; private set; }

    public uint Segment { get; private set; }

    /// <summary>Where the round's header lies in its segment.</summary>
    public uint Start { get; private set; }

    public ulong Salt { get; private set; }

    /// <summary>The records alone.</summary>
    public long RecordBytes => _length - RoundHeader.SizeBytes;

    /// <summary>Header and records.</summary>
    public long LengthBytes => _length;

    public long End => Start + _length;

    public Lsn First { get; private set; }

    public Lsn Last { get; private set; }

    public int Records { get; private set; }

    /// <summary>There is more in it than the log's own roster.</summary>
    public bool HasWork { get; private set; }

    /// <summary>Set if the round is the first of a new segment.</summary>
    public SegmentHeader? NewSegment { get; private set; }

    public void Open(long number, uint segment, ulong salt, uint start, SegmentHeader? newSegment)
    {
        Number = number;
        Segment = segment;
        Salt = salt;
        Start = start;
        NewSegment = newSegment;
        Reserve(RoundHeader.SizeBytes);
    }

    /// <summary>
    /// It is durable: each group with records in it hears of its last one, and what was appended may change.
    /// </summary>
    public void TellDurable()
    {
        foreach ((LogGroup group, Lsn last) in _groups)
            group.Owner.Durable(last);
        foreach (Action written in _whenWritten)
            written();
    }

    /// <summary>Adds a record; the header's sizes and checksums are filled in.</summary>
    public Position Add(
        ref RecordHeader header, long sharedBody, ReadOnlySpan<IndexRange> releases, ReadOnlySpan<byte> meta,
        ReadOnlyMemory<byte> body)
    {
        uint offset = checked((uint)(Start + _length));
        Span<byte> head = Reserve(header.HeadBytes);
        RecordText.Write(head, header, sharedBody, releases, meta);
        RecordHeader.Seal(head, Salt, offset);
        if (body.Length >= CopiedBodyBytes)
            AddPiece(body);
        else if (body.Length > 0)
            body.Span.CopyTo(Reserve(body.Length));
        if (Records++ == 0)
            First = header.Lsn;
        Last = header.Lsn;
        HasWork |= header.Kind != RecordKind.Roster;
        return new Position(Segment, offset);
    }

    /// <summary>Adds a copy of a record, its head as it was read; flags and checksum are the copy's own.</summary>
    public Position AddCopy(in RecordHeader header, ReadOnlySpan<byte> head, byte[] body)
    {
        uint offset = checked((uint)(Start + _length));
        Span<byte> copy = Reserve(head.Length);
        head.CopyTo(copy);
        header.Write(copy);
        RecordHeader.Seal(copy, Salt, offset);
        AddPiece(body);
        if (Records++ == 0)
            First = header.Lsn;
        Last = header.Lsn;
        return new Position(Segment, offset);
    }

    /// <summary>The group is told when the round is durable.</summary>
    public void Note(LogGroup group, Lsn last)
    {
        if (group.NotedRound == Number)
        {
            _groups[group.NotedPlace] = (group, last);
            return;
        }
        group.NotedRound = Number;
        group.NotedPlace = _groups.Count;
        _groups.Add((group, last));
    }

    /// <summary>
    /// An entry names this body: it is held until the entry is durable, when a checkpoint can see that it is wanted.
    /// </summary>
    public void Hold(SharedBody body) => _named.Add(body);

    public void AddWhenWritten(Action? whenWritten)
    {
        if (whenWritten is not null)
            _whenWritten.Add(whenWritten);
    }

    /// <summary>Everything to write at <see cref="Start"/>.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Seal(Lsn durable)
    {
        ClosePiece();
        var header = new RoundHeader(_length - RoundHeader.SizeBytes, First, Last, durable, Records);
        header.Write(_chunks[0], Salt, Start);
        return _pieces;
    }

    public void Reset()
    {
        foreach (byte[] chunk in _chunks)
            ArrayPool<byte>.Shared.Return(chunk);
        _chunks.Clear();
        _pieces.Clear();
        _groups.Clear();
        _named.Clear();
        _whenWritten.Clear();
        _chunk = [];
        _pieceStart = 0;
        _chunkUsed = 0;
        _length = 0;
        Records = 0;
        HasWork = false;
        First = Last = default;
        NewSegment = null;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_chunk.Length - _chunkUsed < bytes)
        {
            ClosePiece();
            _chunk = ArrayPool<byte>.Shared.Rent(Math.Max(ChunkBytes, bytes));
            _chunks.Add(_chunk);
            _pieceStart = _chunkUsed = 0;
        }
        Span<byte> reserved = _chunk.AsSpan(_chunkUsed, bytes);
        _chunkUsed += bytes;
        _length += bytes;
        return reserved;
    }

    private void AddPiece(ReadOnlyMemory<byte> piece)
    {
        ClosePiece();
        if (piece.IsEmpty)
            return;
        _pieces.Add(piece);
        _length += piece.Length;
    }

    private void ClosePiece()
    {
        if (_chunkUsed > _pieceStart)
            _pieces.Add(_chunk.AsMemory(_pieceStart, _chunkUsed - _pieceStart));
        _pieceStart = _chunkUsed;
    }
}
