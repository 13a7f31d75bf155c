namespace Warren.Storage.Disk;

/// <summary>
/// A file that a process has open on a <see cref="FaultyDisk"/>, of no use once that process has crashed.
/// </summary>
internal sealed class FaultyDiskFile(FaultyDisk disk, FaultyFile file, string path) : IDiskFile
{
    public FaultyFile File { get; } = file;

    /// <summary>The name under which it was opened.</summary>
    public string Path { get; } = path;

    public bool IsClosed { get; private set; }

    public long LengthBytes => disk.LengthOf(this);

    public int Read(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return disk.Read(this, offset, buffer);
    }

    public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentNullException.ThrowIfNull(pieces);
        var total = 0;
        foreach (var piece in pieces)
            total = checked(total + piece.Length);
        var bytes = GC.AllocateUninitializedArray<byte>(total);
        total = 0;
        foreach (var piece in pieces)
        {
            piece.Span.CopyTo(bytes.AsSpan(total));
            total += piece.Length;
        }
        disk.Write(this, offset, bytes);
    }

    public void Sync() => disk.Sync(this);

    public void SetLength(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        disk.SetLength(this, lengthBytes);
    }

    public void Dispose() => IsClosed = true;
}
