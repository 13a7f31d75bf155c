namespace Warren.Storage.Log;

/// <summary>A record as it was read: the header, and its parts as far as they were asked for.</summary>
internal readonly ref struct RecordView(
    RecordHeader header, Position position, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
{
    public RecordHeader Header { get; } = header;

    public Position Position { get; } = position;

    public ReadOnlySpan<byte> Meta => Head[^Header.MetaBytes..];

    /// <summary>Empty if the body was skipped.</summary>
    public ReadOnlySpan<byte> Body { get; } = body;

    public long SharedBody => Header.Flags.HasFlag(RecordFlags.SharedBody) ? RecordHeader.SharedBodyOf(Head) : 0;

    public int ReleaseCount => Header.ReleaseBytes / RecordHeader.RangeBytes;

    private ReadOnlySpan<byte> Head { get; } = head;

    public IndexRange Release(int number) =>
        RecordHeader.ReadRange(Head[(Header.ReleasesAt + (number * RecordHeader.RangeBytes))..]);
}
