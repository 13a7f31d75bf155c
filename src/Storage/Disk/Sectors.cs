namespace Warren.Storage.Disk;

/// <summary>
/// The unit that a device writes in one step. A sector that is written in part keeps its other bytes, whether the write
/// comes through or not.
/// </summary>
internal static class Sectors
{
    public const int SizeBytes = 512;

    public static long StartOf(long offset) => offset / SizeBytes * SizeBytes;

    /// <summary>
    /// Writes those sectors that <paramref name="keeps"/> says, whole or the part that is theirs, in their order.
    /// </summary>
    /// <param name="content">What is written to; grows.</param>
    /// <param name="offset">Where the bytes go.</param>
    /// <param name="bytes">All bytes.</param>
    /// <param name="keeps">Asked once for each sector, by the offset of its first byte of these.</param>
    public static void Write(PagedBytes content, long offset, ReadOnlySpan<byte> bytes, Func<long, bool> keeps)
    {
        while (bytes.Length > 0)
        {
            var size = (int)Math.Min(bytes.Length, StartOf(offset) + SizeBytes - offset);
            if (keeps(offset))
                content.Write(offset, bytes[..size]);
            offset += size;
            bytes = bytes[size..];
        }
    }
}
