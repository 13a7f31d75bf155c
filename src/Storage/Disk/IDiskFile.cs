namespace Warren.Storage.Disk;

/// <summary>
/// An open file. Reads from any thread; writes and syncs from one at a time. See <see cref="IDisk"/> for what a crash
/// may do. All members throw <see cref="DiskException"/> and nothing else.
/// </summary>
public interface IDiskFile : IDisposable
{
    /// <summary>The size, allocated but unwritten bytes included; those read as zeros.</summary>
    long LengthBytes { get; }

    /// <summary>Reads up to the buffer's size; less only at the end of the file. Returns the bytes read.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes all pieces, one behind the other.</summary>
    void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces);

    /// <summary>Makes everything written so far durable, the size included.</summary>
    void Sync();

    /// <summary>Cuts or extends the file.</summary>
    void SetLength(long lengthBytes);
}
