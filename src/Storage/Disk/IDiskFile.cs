namespace Warren.Storage.Disk;

/// <summary>
/// An open file. Reads from any thread; writes and syncs from one at a time. See <see cref="IDisk"/> for what a crash
/// may do and for what is thrown, which a closed file does as well.
/// </summary>
public interface IDiskFile : IDisposable
{
    /// <summary>The size, allocated but unwritten bytes included; those read as zeros.</summary>
    long LengthBytes { get; }

    /// <summary>Reads up to the buffer's size; less only at the end of the file. Returns the bytes read.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>
    /// Writes all pieces, one behind the other. When it fails, none, some or all of the bytes may have been written.
    /// </summary>
    void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces);

    /// <summary>
    /// Makes everything written so far durable, the size included. When it fails, what was not durable before may never
    /// become so, whatever a later sync says and reads show.
    /// </summary>
    void Sync();

    /// <summary>Cuts the file, or extends it by zeros for which no space is reserved.</summary>
    void SetLength(long lengthBytes);
}
