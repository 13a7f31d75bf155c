namespace Warren.Storage.Disk;

/// <summary>A write or a change of size that was not synced.</summary>
/// <param name="Sequence">Orders all changes of a disk.</param>
/// <param name="Offset">Where the bytes go.</param>
/// <param name="Bytes">What was written; empty for a change of size. Never changed in place.</param>
/// <param name="LengthBefore">The file's size before it.</param>
/// <param name="LengthAfter">The file's size after it.</param>
internal readonly record struct FileChange(
    long Sequence, long Offset, byte[] Bytes, long LengthBefore, long LengthAfter)
{
    public bool Shrinks => LengthAfter < LengthBefore;

    public void ApplyTo(PagedBytes content)
    {
        if (Bytes.Length > 0)
            content.Write(Offset, Bytes);
        else
            content.SetLength(LengthAfter);
    }

    /// <summary>The size if a crash tore this change: anything on its way that a file system may have stored.</summary>
    public long TornLength(Random random)
    {
        if (LengthAfter <= LengthBefore)
            return random.Next(2) == 0 ? LengthBefore : LengthAfter;
        var reached = random.NextInt64(LengthBefore, LengthAfter + 1);
        return reached == LengthAfter ? reached : Math.Max(LengthBefore, Sectors.StartOf(reached));
    }
}
