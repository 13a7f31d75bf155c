namespace Warren.Storage.Disk;

/// <summary>
/// A disk in memory that never fails, except for lack of space, and keeps nothing. One lock guards it, so that it may
/// be used from any thread.
/// Invariant: <see cref="_usedBytes"/> is the sum of the sizes of all files that have a name.
/// </summary>
public sealed class MemoryDisk : IDisk
{
    /// <summary>More than a test fills; memory is only taken for what is written.</summary>
    public const long DefaultCapacityBytes = 1L << 40;

    private readonly Lock _lock = new();
    private readonly NameTable<Inode> _names = new();
    private readonly long _capacityBytes;
    private long _usedBytes;

    /// <param name="capacityBytes">What the sizes of all files may sum up to.</param>
    public MemoryDisk(long capacityBytes = DefaultCapacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacityBytes);
        _capacityBytes = capacityBytes;
    }

    public long FreeBytes
    {
        get
        {
            lock (_lock)
                return _capacityBytes - _usedBytes;
        }
    }

    public long TotalBytes => _capacityBytes;

    public IReadOnlyList<string> List(string directory)
    {
        DiskPath.RequireDirectory(directory);
        lock (_lock)
            return _names.List(directory);
    }

    public void MakeDirectory(string directory)
    {
        DiskPath.RequireDirectory(directory);
        lock (_lock)
        {
            foreach (var missing in _names.MissingDirectories(directory))
                _names.Set(missing, null);
        }
    }

    public IDiskFile Create(string path, long allocateBytes)
    {
        DiskPath.RequireFile(path);
        ArgumentOutOfRangeException.ThrowIfNegative(allocateBytes);
        lock (_lock)
        {
            _names.RequireVacant("make the file", path);
            var inode = new Inode();
            Resize(inode, allocateBytes, "reserve space for", path);
            _names.Set(path, inode);
            return new OpenFile(this, inode, path);
        }
    }

    public IDiskFile Open(string path)
    {
        DiskPath.RequireFile(path);
        lock (_lock)
            return new OpenFile(this, _names.RequireFile("open", path), path);
    }

    public void Rename(string from, string to)
    {
        DiskPath.RequireFile(from);
        DiskPath.RequireFile(to);
        lock (_lock)
        {
            var inode = _names.RequireRenamed(from, to);
            if (from == to)
                return;
            Unlink(to);
            _names.Remove(from);
            _names.Set(to, inode);
        }
    }

    public void Delete(string path)
    {
        DiskPath.RequireFile(path);
        lock (_lock)
        {
            _names.RequireDeletable(path);
            Unlink(path);
        }
    }

    public void SyncDirectory(string directory)
    {
        DiskPath.RequireDirectory(directory);
        lock (_lock)
            _names.RequireDirectory("sync the directory", directory);
    }

    private void Unlink(string path)
    {
        if (!_names.TryGetFile(path, out var inode))
            return;
        _names.Remove(path);
        _usedBytes -= inode.Content.Length;
        inode.HasName = false;
    }

    private void Resize(Inode inode, long lengthBytes, string operation, string path)
    {
        RequireSpace(inode, lengthBytes, operation, path);
        inode.Content.SetLength(lengthBytes);
    }

    /// <summary>Books the growth, or the release, of a file that is about to get another size.</summary>
    private void RequireSpace(Inode inode, long lengthBytes, string operation, string path)
    {
        if (!inode.HasName)
            return;
        var growth = lengthBytes - inode.Content.Length;
        if (growth > _capacityBytes - _usedBytes)
        {
            throw new DiskException(
                $"Cannot {operation} {path}: No space left on device.", DiskFailure.NoSpace);
        }
        _usedBytes += growth;
    }

    private sealed class Inode
    {
        public PagedBytes Content { get; } = new();

        public bool HasName { get; set; } = true;
    }

    private sealed class OpenFile(MemoryDisk disk, Inode inode, string path) : IDiskFile
    {
        private bool _isClosed;

        public long LengthBytes
        {
            get
            {
                lock (disk._lock)
                    return Content("read the size of").Length;
            }
        }

        public int Read(long offset, Span<byte> buffer)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            lock (disk._lock)
                return Content("read").Read(offset, buffer);
        }

        public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            ArgumentNullException.ThrowIfNull(pieces);
            lock (disk._lock)
            {
                var content = Content("write");
                var end = offset;
                foreach (var piece in pieces)
                    end = checked(end + piece.Length);
                if (end > Math.Max(offset, content.Length))
                    disk.RequireSpace(inode, end, "write", path);
                foreach (var piece in pieces)
                {
                    content.Write(offset, piece.Span);
                    offset += piece.Length;
                }
            }
        }

        public void Sync()
        {
            lock (disk._lock)
                Content("sync");
        }

        public void SetLength(long lengthBytes)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
            lock (disk._lock)
            {
                Content("set the size of");
                disk.Resize(inode, lengthBytes, "set the size of", path);
            }
        }

        public void Dispose()
        {
            lock (disk._lock)
                _isClosed = true;
        }

        private PagedBytes Content(string operation) => _isClosed
            ? throw new DiskException($"Cannot {operation} {path}: it was closed.")
            : inode.Content;
    }
}
