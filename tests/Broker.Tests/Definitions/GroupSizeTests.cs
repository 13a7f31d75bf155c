using Warren.Storage;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

/// <summary>The group is as large as what there is, whatever happened.</summary>
public sealed class GroupSizeTests
{
    private readonly MemoryDisk _disk = new();

    [Fact]
    public void Ten_thousand_declares_and_deletes_leave_little()
    {
        using var node = new DefinitionsNode(_disk);
        node.Do(Samples.Vhost(), Samples.User(), Samples.Exchange());
        for (int each = 0; each < 10_000; each++)
        {
            string name = $"q{each % 10}";
            node.Do(Samples.Queue(name), Samples.Binding(queue: name), Samples.User(password: $"p{each % 2}"));
            node.Do(Samples.Remove(Samples.Queue(name)));
            if (each % 100 == 0)
                node.Commit();
        }
        node.Commit();
        var background = new StorageBackground(node.Log, node.LogOptions, node);
        // Each sees what the one before has moved and let go, and moves no more than fits a small disk.
        for (int round = 0; round < 30; round++)
        {
            background.MakeCheckpoint();
            node.Commit();
            background.RunOnce();
        }
        Assert.True(node.Log.WrittenBytes > 10_000_000, $"{node.Log.WrittenBytes} bytes written");
        Assert.True(LargestCheckpointBytes() < 10_000, $"a checkpoint of {LargestCheckpointBytes()} bytes");
        Assert.True(UsedBytes() < 1_000_000, $"{UsedBytes()} bytes on disk");
        using var next = new DefinitionsNode(_disk);
        Assert.Equal(node.Text, next.Text);
    }

    private long LargestCheckpointBytes() => _disk.List("checkpoint").Max(name => LengthOf($"checkpoint/{name}"));

    private long UsedBytes() => MemoryDisk.DefaultCapacityBytes - _disk.FreeBytes;

    private long LengthOf(string path)
    {
        using IDiskFile file = _disk.Open(path);
        return file.LengthBytes;
    }
}
