namespace Warren.Storage.Disk;

/// <summary>
/// The disk that simulations run on: in memory, with what is durable kept apart from what is only written, so that a
/// power cut at any point leaves what a machine's disk may leave, and with operations that fail when told to. All
/// chance comes from the <see cref="Random"/> that is passed in: the same calls and seeds give the same bytes.
/// <para>
/// The model: sectors of 512 bytes are written in one step and never damage their neighbours; a file's sizes reach the
/// disk in their order, whatever its bytes do; what is inside the size and was not written reads as zeros; a
/// change of names is one step and builds on earlier ones of the same names. Syncing a file makes bytes and size
/// durable but not its name, syncing a directory its names but no bytes and not the directory's own name.
/// </para>
/// A crash ends the process: this disk and its open files refuse everything from then on, and what is found is a new
/// disk, which counts its operations from 1 and has no hook and no faults. Copies share pages, so a crash costs about
/// as much as what was not synced, and may be drawn at every operation. One lock guards a disk; disks that came from
/// one another may be used from different threads.
/// Invariant: <see cref="_usedBytes"/> is the sum of the sizes that are seen of all files that have a name.
/// </summary>
public sealed class FaultyDisk : IDisk
{
    private readonly Lock _lock = new();
    private readonly FaultyNames _names;
    private readonly Dictionary<long, DiskFault> _faults = [];
    private long _sequence;
    private long _usedBytes;
    private bool _isDead;

    public FaultyDisk()
        : this(new FaultyNames())
    {
    }

    private FaultyDisk(FaultyNames names)
    {
        _names = names;
        _usedBytes = names.Seen.Entries.Sum(entry => entry.Value?.LengthBytes ?? 0);
    }

    /// <summary>What the sizes of all files may sum up to; may change while the disk is used.</summary>
    public long CapacityBytes { get; set; } = MemoryDisk.DefaultCapacityBytes;

    /// <summary>
    /// In <see cref="CrashMode.Sectors"/> each name's changes come through on their own, not a prefix of its
    /// directory's.
    /// </summary>
    public bool NamesSurviveApart { get; set; }

    /// <summary>Changes begun, failed ones included; reads, lists and openings do not count.</summary>
    public long OperationCount { get; private set; }

    /// <summary>
    /// Called before each change, in its thread and under the disk's lock. It may crash the disk, whereupon the
    /// operation is refused, draw crashes from it by <see cref="PeekCrash"/>, or throw.
    /// </summary>
    public Action<DiskOperation>? BeforeOperation { get; set; }

    public long FreeBytes
    {
        get
        {
            lock (_lock)
            {
                RequireAlive();
                return Math.Max(0, CapacityBytes - _usedBytes);
            }
        }
    }

    /// <summary>The operation of this number fails, once.</summary>
    /// <param name="number">From 1, in the counting of <see cref="OperationCount"/>.</param>
    /// <param name="failure">What the caller is told.</param>
    /// <param name="partly">
    /// Draws how much is done all the same: a write's first bytes; the sectors, or the first changes, of a sync; a file
    /// that is there but not allocated; a rename, a removal or a change of size done or not. Null for nothing.
    /// </param>
    /// <param name="dropsUnsynced">
    /// A sync drops what it could not write, as Linux does: reads go on to show it, until <see cref="EvictCache"/>,
    /// and the next sync succeeds without writing it. Otherwise it stays to be written.
    /// </param>
    public void FailAt(long number, DiskFailure failure, Random? partly = null, bool dropsUnsynced = false)
    {
        lock (_lock)
            _faults[number] = new DiskFault(failure, partly, dropsUnsynced);
    }

    /// <summary>Cuts the power. Ends this disk; may be called again to draw another outcome.</summary>
    /// <param name="random">Draws what came through.</param>
    /// <param name="mode">Drawn as well if null.</param>
    /// <returns>The disk as it is found; all that it shows is durable.</returns>
    public FaultyDisk Crash(Random random, CrashMode? mode = null)
    {
        lock (_lock)
        {
            _isDead = true;
            return PeekCrash(random, mode);
        }
    }

    /// <summary>What <see cref="Crash"/> would return; this disk goes on.</summary>
    public FaultyDisk PeekCrash(Random random, CrashMode? mode = null)
    {
        ArgumentNullException.ThrowIfNull(random);
        lock (_lock)
        {
            mode ??= random.Next(8) switch
            {
                0 => CrashMode.LoseAll,
                1 => CrashMode.KeepAll,
                < 4 => CrashMode.Prefix,
                _ => CrashMode.Sectors,
            };
            return Found(mode switch
            {
                CrashMode.LoseAll => _names.Crash(_ => false, NamesSurviveApart, file => file.LoseAll()),
                CrashMode.KeepAll => _names.Crash(_ => true, NamesSurviveApart, file => file.KeepAll()),
                CrashMode.Prefix => CrashAtOneMoment(random),
                _ => CrashBySectors(random),
            });
        }
    }

    /// <summary>
    /// Kills the process and leaves the kernel: everything written is there, and as little durable as before. Ends this
    /// disk.
    /// </summary>
    public FaultyDisk CrashProcess()
    {
        lock (_lock)
        {
            _isDead = true;
            return PeekCrashProcess();
        }
    }

    /// <summary>What <see cref="CrashProcess"/> would return; this disk goes on.</summary>
    public FaultyDisk PeekCrashProcess()
    {
        lock (_lock)
            return Found(_names.Clone());
    }

    /// <summary>Reads show what the device has: what a failed sync dropped is gone from them.</summary>
    public void EvictCache()
    {
        lock (_lock)
        {
            foreach (var (_, file) in _names.Seen.Entries)
                file?.EvictCache();
        }
    }

    /// <summary>Damages a file behind its owner's back; what was written to it becomes durable first.</summary>
    /// <param name="path">A file that is there.</param>
    /// <param name="offset">Of the byte, below the file's size.</param>
    /// <param name="bit">0 to 7.</param>
    public void FlipBit(string path, long offset, int bit)
    {
        lock (_lock)
            _names.Seen.RequireFile("damage", path).FlipBit(offset, bit);
    }

    /// <summary>
    /// The sector of a byte cannot be read, until it is written again; what was written becomes durable first.
    /// </summary>
    /// <param name="path">A file that is there.</param>
    /// <param name="offset">Of the byte.</param>
    public void Spoil(string path, long offset)
    {
        lock (_lock)
            _names.Seen.RequireFile("damage", path).Spoil(offset);
    }

    /// <summary>Cuts a file behind its owner's back; what was written to it becomes durable first.</summary>
    public void Truncate(string path, long lengthBytes)
    {
        lock (_lock)
        {
            var file = _names.Seen.RequireFile("damage", path);
            ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, file.LengthBytes);
            _usedBytes -= file.LengthBytes - lengthBytes;
            file.Truncate(lengthBytes);
        }
    }

    /// <summary>Removes a file, for good, behind its owner's back.</summary>
    public void Remove(string path)
    {
        lock (_lock)
        {
            Release(_names.Seen.RequireFile("damage", path));
            _names.RemoveForGood(path);
        }
    }

    public long TotalBytes => CapacityBytes;

    public IReadOnlyList<string> List(string directory)
    {
        DiskPath.RequireDirectory(directory);
        lock (_lock)
        {
            RequireAlive();
            return _names.Seen.List(directory);
        }
    }

    public void MakeDirectory(string directory)
    {
        DiskPath.RequireDirectory(directory);
        lock (_lock)
        {
            var fault = Begin(DiskOperationKind.MakeDirectory, directory);
            var missing = _names.Seen.MissingDirectories(directory);
            var count = fault is null ? missing.Count : fault.Partly?.Next(missing.Count + 1) ?? 0;
            foreach (var path in missing.Take(count))
                _names.Change(new NameChange(++_sequence, null, path, null));
            if (fault is not null)
                throw fault.ToException("make the directory", directory);
        }
    }

    public IDiskFile Create(string path, long allocateBytes)
    {
        const string operation = "make the file";
        DiskPath.RequireFile(path);
        ArgumentOutOfRangeException.ThrowIfNegative(allocateBytes);
        lock (_lock)
        {
            var fault = Begin(DiskOperationKind.Create, path, 0, allocateBytes);
            _names.Seen.RequireVacant(operation, path);
            var file = new FaultyFile();
            if (fault is null)
                RequireSpace(allocateBytes, operation, path);
            if (fault is null || fault.DoesItAnyway)
                _names.Change(new NameChange(++_sequence, null, path, file));
            if (fault is not null)
                throw fault.ToException(operation, path);
            SetLength(file, allocateBytes);
            return new FaultyDiskFile(this, file, path);
        }
    }

    public IDiskFile Open(string path)
    {
        DiskPath.RequireFile(path);
        lock (_lock)
        {
            RequireAlive();
            return new FaultyDiskFile(this, _names.Seen.RequireFile("open", path), path);
        }
    }

    public void Rename(string from, string to)
    {
        DiskPath.RequireFile(from);
        DiskPath.RequireFile(to);
        lock (_lock)
        {
            var fault = Begin(DiskOperationKind.Rename, from);
            var file = _names.Seen.RequireRenamed(from, to);
            if (from != to && (fault is null || fault.DoesItAnyway))
            {
                if (_names.Seen.TryGetFile(to, out var replaced))
                    Release(replaced);
                _names.Change(new NameChange(++_sequence, from, to, file));
            }
            if (fault is not null)
                throw fault.ToException($"rename to {to} the file", from);
        }
    }

    public void Delete(string path)
    {
        DiskPath.RequireFile(path);
        lock (_lock)
        {
            var fault = Begin(DiskOperationKind.Delete, path);
            _names.Seen.RequireDeletable(path);
            if (_names.Seen.TryGetFile(path, out var file) && (fault is null || fault.DoesItAnyway))
            {
                Release(file);
                _names.Change(new NameChange(++_sequence, path, null, null));
            }
            if (fault is not null)
                throw fault.ToException("delete", path);
        }
    }

    public void SyncDirectory(string directory)
    {
        DiskPath.RequireDirectory(directory);
        lock (_lock)
        {
            var fault = Begin(DiskOperationKind.SyncDirectory, directory);
            _names.Seen.RequireDirectory("sync the directory", directory);
            if (fault is null)
            {
                _names.SyncDirectory(directory);
                return;
            }
            if (fault.Partly is not null)
                _names.SyncPrefix(directory, fault.Partly);
            throw fault.ToException("sync the directory", directory);
        }
    }

    internal long LengthOf(FaultyDiskFile opened)
    {
        lock (_lock)
            return RequireOpen(opened).LengthBytes;
    }

    internal int Read(FaultyDiskFile opened, long offset, Span<byte> buffer)
    {
        lock (_lock)
        {
            var file = RequireOpen(opened);
            return file.IsBad(offset, (int)Math.Clamp(file.LengthBytes - offset, 0, buffer.Length))
                ? throw new DiskException(
                    $"Cannot read {buffer.Length} bytes at {offset} of {opened.Path}: Input/output error.")
                : file.Read(offset, buffer);
        }
    }

    internal void Write(FaultyDiskFile opened, long offset, byte[] bytes)
    {
        lock (_lock)
        {
            RequireOpen(opened);
            var fault = Begin(DiskOperationKind.Write, opened.Path, offset, bytes.Length);
            var file = opened.File;
            if (fault?.Partly is not null)
                bytes = bytes[..fault.Partly.Next(bytes.Length + 1)];
            else if (fault is not null)
                bytes = [];
            var before = file.LengthBytes;
            var after = bytes.Length == 0 ? before : Math.Max(before, checked(offset + bytes.Length));
            if (file.HasName)
                RequireSpace(after - before, "write", opened.Path);
            file.Write(++_sequence, offset, bytes);
            if (file.HasName)
                _usedBytes += after - before;
            if (fault is not null)
                throw fault.ToException("write", opened.Path);
        }
    }

    internal void SetLength(FaultyDiskFile opened, long lengthBytes)
    {
        lock (_lock)
        {
            RequireOpen(opened);
            var fault = Begin(DiskOperationKind.SetLength, opened.Path, 0, lengthBytes);
            if (opened.File.HasName)
                RequireSpace(lengthBytes - opened.File.LengthBytes, "set the size of", opened.Path);
            if (fault is null || fault.DoesItAnyway)
                SetLength(opened.File, lengthBytes);
            if (fault is not null)
                throw fault.ToException("set the size of", opened.Path);
        }
    }

    internal void Sync(FaultyDiskFile opened)
    {
        lock (_lock)
        {
            RequireOpen(opened);
            var fault = Begin(DiskOperationKind.Sync, opened.Path);
            if (fault is null)
            {
                opened.File.Sync();
                return;
            }
            if (fault.DropsUnsynced)
                opened.File.DropUnsynced(fault.Partly);
            else if (fault.Partly is not null)
                opened.File.SyncPrefix(fault.Partly);
            throw fault.ToException("sync", opened.Path);
        }
    }

    private FaultyFile RequireOpen(FaultyDiskFile opened)
    {
        RequireAlive();
        return opened.IsClosed
            ? throw new DiskException($"Cannot use {opened.Path}: it was closed.")
            : opened.File;
    }

    private void RequireAlive()
    {
        if (_isDead)
            throw new DiskException("Cannot use the disk: the process that used it has crashed.");
    }

    /// <summary>Counts an operation and returns what is to go wrong with it.</summary>
    private DiskFault? Begin(DiskOperationKind kind, string path, long offset = 0, long lengthBytes = 0)
    {
        RequireAlive();
        var number = ++OperationCount;
        BeforeOperation?.Invoke(new DiskOperation(number, kind, path, offset, lengthBytes));
        RequireAlive();
        return _faults.Remove(number, out var fault) ? fault : null;
    }

    private void RequireSpace(long growthBytes, string operation, string path)
    {
        if (growthBytes > 0 && growthBytes > CapacityBytes - _usedBytes)
        {
            throw new DiskException(
                $"Cannot {operation} {path}: No space left on device.", DiskFailure.NoSpace);
        }
    }

    private void SetLength(FaultyFile file, long lengthBytes)
    {
        if (file.HasName)
            _usedBytes += lengthBytes - file.LengthBytes;
        file.SetLength(++_sequence, lengthBytes);
    }

    private void Release(FaultyFile file)
    {
        _usedBytes -= file.LengthBytes;
        file.HasName = false;
    }

    private FaultyNames CrashAtOneMoment(Random random)
    {
        var moments = new List<long>(_names.Unsynced.Select(change => change.Sequence)) { long.MaxValue };
        foreach (var file in _names.Files)
            moments.AddRange(file.Unsynced.Select(change => change.Sequence));
        moments.Sort();
        var torn = moments[random.Next(moments.Count)];
        return _names.Crash(
            change => change.Sequence < torn, NamesSurviveApart, file => file.KeepPrefix(torn, random));
    }

    private FaultyNames CrashBySectors(Random random)
    {
        var chance = random.NextDouble();
        return _names.Crash(
            _ => random.NextDouble() < chance, NamesSurviveApart, file => file.KeepSectors(random));
    }

    private FaultyDisk Found(FaultyNames names) => new(names)
    {
        CapacityBytes = CapacityBytes,
        NamesSurviveApart = NamesSurviveApart,
        _sequence = _sequence,
    };
}
