using System.Diagnostics.CodeAnalysis;

namespace Warren.Storage.Disk;

/// <summary>
/// The names of a disk in memory, by whole path, with the refusals that a machine's disk has: a file needs its
/// directory, a directory is no file. The root is always there.
/// </summary>
internal sealed class NameTable<TFile> where TFile : class
{
    /// <summary>Null is a directory.</summary>
    private readonly Dictionary<string, TFile?> _entries;

    public NameTable() => _entries = [];

    private NameTable(NameTable<TFile> other) => _entries = new Dictionary<string, TFile?>(other._entries);

    /// <summary>All paths but the root's, in an order that depends on the calls before alone.</summary>
    public IEnumerable<KeyValuePair<string, TFile?>> Entries => _entries;

    public NameTable<TFile> Clone() => new(this);

    /// <summary>Names of the files of a directory in ordinal order; empty if there is none.</summary>
    public IReadOnlyList<string> List(string directory)
    {
        var names = new List<string>();
        foreach (var (path, file) in _entries)
        {
            if (file is not null && DiskPath.Parent(path) == directory)
                names.Add(directory is "" ? path : path[(directory.Length + 1)..]);
        }
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public bool IsDirectory(string path) => path is "" || _entries.TryGetValue(path, out var file) && file is null;

    public bool TryGetFile(string path, [NotNullWhen(true)] out TFile? file) =>
        _entries.TryGetValue(path, out file) && file is not null;

    /// <exception cref="DiskException">There is none, or it is a directory.</exception>
    public TFile RequireFile(string operation, string path)
    {
        if (TryGetFile(path, out var file))
            return file;
        throw IsDirectory(path) ? IsADirectory(operation, path) : Missing(operation, path);
    }

    /// <exception cref="DiskException">There is none.</exception>
    public void RequireDirectory(string operation, string path)
    {
        if (!IsDirectory(path))
            throw Missing(operation, path);
    }

    /// <exception cref="DiskException">Something has this name, or its directory is missing.</exception>
    public void RequireVacant(string operation, string path)
    {
        RequireDirectory(operation, DiskPath.Parent(path));
        if (_entries.ContainsKey(path))
            throw new DiskException($"Cannot {operation} {path}: File exists.");
    }

    /// <exception cref="DiskException">There is no such file, or the new name cannot be a file's.</exception>
    public TFile RequireRenamed(string from, string to)
    {
        var operation = $"rename to {to} the file";
        var file = RequireFile(operation, from);
        RequireDirectory(operation, DiskPath.Parent(to));
        if (IsDirectory(to))
            throw IsADirectory(operation, from);
        return file;
    }

    /// <exception cref="DiskException">It is a directory.</exception>
    public void RequireDeletable(string path)
    {
        if (IsDirectory(path))
            throw IsADirectory("delete", path);
    }

    /// <summary>The directories to be made, outermost first, so that <paramref name="directory"/> is there.</summary>
    /// <exception cref="DiskException">A file is in the way.</exception>
    public List<string> MissingDirectories(string directory)
    {
        var missing = new List<string>();
        foreach (var prefix in DiskPath.Prefixes(directory))
        {
            if (TryGetFile(prefix, out _))
                throw new DiskException($"Cannot make the directory {directory}: {prefix} is a file.");
            if (!IsDirectory(prefix))
                missing.Add(prefix);
        }
        return missing;
    }

    /// <param name="path">Gets the name of what follows, whatever had it before.</param>
    /// <param name="file">Null for a directory.</param>
    public void Set(string path, TFile? file) => _entries[path] = file;

    public void Remove(string path) => _entries.Remove(path);

    private static DiskException Missing(string operation, string path) =>
        new($"Cannot {operation} {path}: No such file or directory.", DiskFailure.Missing);

    private static DiskException IsADirectory(string operation, string path) =>
        new($"Cannot {operation} {path}: Is a directory.");
}
