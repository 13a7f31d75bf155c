namespace Warren.Storage.Disk;

/// <summary>Reads what a failing disk still gives.</summary>
internal static class SalvagedReading
{
    /// <summary>A sector: the least that a device loses.</summary>
    private const int PieceBytes = 512;

    /// <summary>
    /// Reads as the file does. What the disk refuses to read comes as zeros, which pass no checksum, so that it counts
    /// as damage of that place and of no other.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="buffer">Filled, but at the end of the file.</param>
    /// <param name="refusal">What the disk said, if it refused.</param>
    public static int Salvage(this IDiskFile file, long offset, Span<byte> buffer, ref string? refusal)
    {
        try
        {
            return file.Read(offset, buffer);
        }
        catch (DiskException error)
        {
            refusal = error.Message;
        }
        int total = (int)Math.Clamp(file.LengthBytes - offset, 0, buffer.Length);
        for (int done = 0; done < total;)
        {
            int count = (int)Math.Min(total - done, PieceBytes - ((offset + done) % PieceBytes));
            ReadPiece(file, offset + done, buffer.Slice(done, count));
            done += count;
        }
        return total;
    }

    private static void ReadPiece(IDiskFile file, long offset, Span<byte> piece)
    {
        piece.Clear();
        try
        {
            file.Read(offset, piece);
        }
        catch (DiskException)
        {
            // Told by the first.
            piece.Clear();
        }
    }
}
