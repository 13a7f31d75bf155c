namespace Warren.Storage.Disk;

/// <summary>
/// One step in the names of a <see cref="FaultyDisk"/>: a name that goes, a name that comes, or for a rename both.
/// </summary>
/// <param name="Sequence">Orders all changes of a disk.</param>
/// <param name="Removed">The path that goes.</param>
/// <param name="Added">The path that comes, or means another file from then on.</param>
/// <param name="File">What <paramref name="Added"/> names; null for a directory.</param>
internal sealed record NameChange(long Sequence, string? Removed, string? Added, FaultyFile? File)
{
    public void ApplyTo(NameTable<FaultyFile> names)
    {
        if (Removed is not null)
            names.Remove(Removed);
        if (Added is not null)
            names.Set(Added, File);
    }

    /// <summary>True when one of its names is such a name.</summary>
    public bool Touches(Func<string, bool> name) =>
        Removed is not null && name(Removed) || Added is not null && name(Added);
}
