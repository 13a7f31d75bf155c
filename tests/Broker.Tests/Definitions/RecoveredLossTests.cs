using Warren.Broker.Durability;
using Warren.Broker.Queues;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Storage.Inspection;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

/// <summary>What a start says and keeps when damage has taken records.</summary>
public sealed class RecoveredLossTests
{
    private readonly MemoryDisk _disk = new();

    [Fact]
    public void A_queue_that_has_lost_messages_is_named_once()
    {
        long id = 0;
        Run(node =>
        {
            node.Do(Samples.All());
            Assert.True(node.Store.FindVhost("v")!.Queues.TryGetValue("q", out QueueDefinition? queue));
            id = queue.Id.Value;
        });
        Change(id, group => group.MarkUnsound(3));

        Assert.Contains(
            "Queue 'q' in vhost 'v' has lost 3 messages to damage of the data directory, or more; "
            + "what is left is served.",
            Run(_ => { }));
        Assert.Empty(Run(_ => { }));
        Change(id, group => group.MarkUnsound(0));
        Assert.Contains("may have lost messages: Queue 'q' in vhost 'v'.", Assert.Single(Run(_ => { })));
        Assert.Empty(Run(_ => { }));
    }

    [Fact]
    public void What_a_deleted_queue_has_left_ends()
    {
        Run(node => node.Do(Samples.All()));
        Change(5000, AppendTwo);

        Assert.Empty(Run(_ => { }));

        Assert.DoesNotContain(5000, Groups().Keys);
    }

    [Fact]
    public void Messages_of_a_queue_whose_definition_is_lost_are_set_aside_at_every_start()
    {
        Run(node => node.Do(Samples.All()));
        Change(5000, AppendTwo);
        Change(DurableGroups.Definitions.Value, group => group.MarkUnsound(1));
        for (int start = 0; start < 3; start++)
        {
            List<string> lines = Run(node =>
            {
                node.Do(Samples.Queue($"new{start}"));
                Assert.True(node.Store.FindVhost("v")!.Queues.TryGetValue($"new{start}", out QueueDefinition? queue));
                Assert.True(queue.Id.Value > 5000, $"the id {queue.Id.Value} is given a second time");
            });
            Assert.Contains(lines, line => line.StartsWith("1 definitions are lost", StringComparison.Ordinal));
            Assert.Contains(
                lines, line => line.Contains("(group 5000: 2 messages)", StringComparison.Ordinal)
                    && line.Contains("'warren storage dump --group 5000 --bodies'", StringComparison.Ordinal));
            Assert.Equal(2, Groups()[5000]);
        }
    }

    [Fact]
    public void Lost_definitions_without_messages_are_told_once()
    {
        Run(node => node.Do(Samples.All()));
        Change(DurableGroups.Definitions.Value, group => group.MarkUnsound(2));

        Assert.StartsWith("2 definitions are lost", Assert.Single(Run(_ => { })), StringComparison.Ordinal);

        Assert.Empty(Run(_ => { }));
    }

    [Fact]
    public void Messages_are_kept_when_all_definitions_are_gone()
    {
        Change(5000, AppendTwo);
        for (int start = 0; start < 3; start++)
        {
            List<string> lines = Run(_ => { });
            Assert.Equal(
                start == 0, lines.Exists(line => line.StartsWith("All definitions", StringComparison.Ordinal)));
            Assert.Contains(lines, line => line.Contains("(group 5000: 2 messages)", StringComparison.Ordinal));
            Assert.Equal(2, Groups()[5000]);
        }
    }

    [Fact]
    public void An_inspection_knows_queues_by_their_names()
    {
        long id = 0;
        Run(node =>
        {
            node.Do(Samples.All());
            Assert.True(node.Store.FindVhost("v")!.Queues.TryGetValue("q", out QueueDefinition? queue));
            id = queue.Id.Value;
        });
        var names = new GroupNames();

        StorageInspection.Read(_disk, GroupNames.Definitions, names.Note);

        Assert.Equal("queue 'q' in vhost 'v'", names.Of(new GroupId(id)));
        Assert.Equal("queue 5000", names.Of(new GroupId(5000)));
    }

    private static void AppendTwo(LogGroup group)
    {
        for (int index = 1; index <= 2; index++)
            group.Append(new NewEntry { Index = new LogIndex(index), Meta = new byte[] { 1 }, IsKept = true });
    }

    private List<string> Run(Action<DefinitionsNode> act)
    {
        using var node = new DefinitionsNode(_disk);
        List<string> lines = [.. node.Lines];
        node.Run();
        act(node);
        node.Commit();
        return lines;
    }

    private Dictionary<long, int> Groups() => Open(null, null);

    private void Change(long id, Action<LogGroup> change) => Open(id, change);

    // As another process would, beside any broker.
    private Dictionary<long, int> Open(long? id, Action<LogGroup>? change)
    {
        Dictionary<long, int> entries = [];
        Dictionary<long, LogGroup> groups = [];
        NodeLog log = StorageDirectory.Open(
            _disk, new NodeLogOptions { SegmentBytes = 64 * 1024 }, new SilentWatcher(),
            (log, found) =>
            {
                groups.Add(found.Id.Value, log.OpenGroup(found.Id, new RecoveredLosses.Nobody()));
                int count = 0;
                while (found.TryNext(out _))
                    count++;
                entries.Add(found.Id.Value, count);
            },
            () => { });
        if (id is { } wanted)
        {
            if (!groups.TryGetValue(wanted, out LogGroup? group))
                group = log.OpenGroup(new GroupId(wanted), new RecoveredLosses.Nobody());
            change!(group);
            Assert.Equal(CommitOutcome.Committed, log.CommitRound());
        }
        return entries;
    }

    private sealed class SilentWatcher : IStorageWatcher
    {
        public void SpaceChanged(bool isExhausted, string message) => Assert.Fail(message);

        public void Failed(StorageFailedException error) => Assert.Fail(error.Message);

        public void Damaged(string message) => Assert.Fail(message);
    }
}
