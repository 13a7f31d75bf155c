using Warren.Server.StorageTool;
using Warren.Storage;
using Warren.Storage.Disk;

namespace Warren.Server.Tests.StorageTool;

/// <summary>
/// A data directory as a node leaves it: segments 1 to 4, a checkpoint in the middle, a queue of four messages with two
/// of them behind the checkpoint.
/// </summary>
internal sealed class StoredDirectory : IDisposable
{
    private static readonly NodeLogOptions Options = new()
    {
        SegmentBytes = 2048,
        CheckpointSpacingBytes = long.MaxValue,
        CheckpointSpacingFactor = 0,
        SpareSegments = 0,
        ReserveBytes = 0,
    };

    private readonly string _root = Directory.CreateTempSubdirectory("warren-storage-").FullName;

    public StoredDirectory()
    {
        using DirectoryLock held = DirectoryLock.Take(_root);
        var disk = new FileDisk(_root);
        NodeLog log = StorageDirectory.Open(disk, Options, new Watcher(), (_, _) => { }, static () => { });
        LogGroup definitions = log.OpenGroup(new GroupId(1), new Owner());
        LogGroup queue = log.OpenGroup(new GroupId(1000), new Owner());
        Append(log, definitions, 1000, "queue \"a\"");
        Append(log, queue, 1, new string('a', 1800));
        Append(log, queue, 2, new string('b', 1800));
        Xunit.Assert.True(new StorageBackground(log, Options, new Watcher()).MakeCheckpoint());
        Append(log, queue, 3, new string('c', 1800));
        Append(log, queue, 4, "last\n");
    }

    public string Root => _root;

    /// <summary>What the command says, with the directory's path left out, and its exit code.</summary>
    public string Run(params string[] arguments)
    {
        using var output = new StringWriter();
        Dictionary<string, (byte[], DateTime)> before = Snapshot();
        string[] all = [arguments[0], _root, .. arguments[1..]];
        int code = StorageCommand.Run(all, output, output);
        foreach ((string path, (byte[] bytes, DateTime written)) in Snapshot())
        {
            Xunit.Assert.True(before.Remove(path, out (byte[] Bytes, DateTime Written) old), path);
            Xunit.Assert.Equal(old.Bytes, bytes);
            Xunit.Assert.Equal(old.Written, written);
        }
        Xunit.Assert.Empty(before);
        output.WriteLine($"exit code {code}");
        return output.ToString().Replace(_root, "DIRECTORY", StringComparison.Ordinal);
    }

    public void Flip(string file, long offset)
    {
        using FileStream stream = Open(file);
        stream.Position = offset;
        int one = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(one ^ 1));
    }

    public void Cut(string file, long bytes)
    {
        using FileStream stream = Open(file);
        stream.SetLength(bytes);
    }

    public void Delete(string file) => File.Delete(Path.Combine(_root, file));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static void Append(NodeLog log, LogGroup group, long index, string body)
    {
        group.Append(new NewEntry
        {
            Index = new LogIndex(index),
            Body = System.Text.Encoding.ASCII.GetBytes(body),
            IsKept = true,
        });
        Xunit.Assert.Equal(CommitOutcome.Committed, log.CommitRound());
    }

    // The log that wrote it has it open until it is collected.
    private FileStream Open(string file) =>
        File.Open(Path.Combine(_root, file), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    private Dictionary<string, (byte[] Bytes, DateTime Written)> Snapshot() =>
        Directory.GetFiles(_root, "*", SearchOption.AllDirectories)
            .ToDictionary(path => path, path => (File.ReadAllBytes(path), File.GetLastWriteTimeUtc(path)));

    private sealed class Owner : IGroupOwner
    {
        public void Durable(Lsn lsn)
        {
            // The commit is looked at.
        }

        public void Moved(MovedEntries moves) => moves.Complete();
    }

    private sealed class Watcher : IStorageWatcher
    {
        public void SpaceChanged(bool isExhausted, string message) => throw new InvalidOperationException(message);

        public void Failed(StorageFailedException error) => throw error;

        public void Damaged(string message) => throw new InvalidOperationException(message);
    }
}
