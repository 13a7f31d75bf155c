using System.Globalization;
using System.Text;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Delays;
using Warren.Broker.Durability;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Definitions;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Delays;

/// <summary>Messages that wait at delayed exchanges, through restarts and crashes.</summary>
public sealed class DelayedRestartTests
{
    private readonly FaultyDisk _disk = new();
    private readonly ManualTime _time = new();

    [Fact]
    public void They_come_when_they_are_due_and_equals_in_the_order_in_which_they_came()
    {
        Live(node =>
        {
            node.Define("x", "q");
            node.Publish("x", "a", 3000);
            node.Publish("x", "b", 1000);
            node.Publish("x", "c", 2000);
            node.Pass(500);
            node.Publish("x", "d", 1500);
            node.Publish("x", "e", 500);
            node.Publish("x", "f", 2500);
        });
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Live(node =>
        {
            Assert.Equal(6, node.Broker.Delays.Count);
            Assert.Equal("", node.Take("q"));
            node.Pass(399);
            Assert.Equal("", node.Take("q"));
            node.Pass(1);
            Assert.Equal("b e", node.Take("q"));
            node.Pass(1000);
            Assert.Equal("c d", node.Take("q"));
        });
        Live(node =>
        {
            Assert.Equal(2, node.Broker.Delays.Count);
            node.Pass(1000);
            Assert.Equal("a f", node.Take("q"));
        });
        Live(node => Assert.Equal(0, node.Broker.Delays.Count));
    }

    [Fact]
    public void What_came_due_while_no_node_ran_goes_on_its_way_at_the_start_in_order()
    {
        Live(node =>
        {
            node.Define("x", "q");
            node.Publish("x", "c", 3000);
            node.Publish("x", "a", 1000);
            node.Publish("x", "b", 2000);
            node.Publish("x", "later", 100_000);
        });
        _time.Advance(TimeSpan.FromSeconds(50));
        Live(node =>
        {
            Assert.Equal("a b c", node.Take("q"));
            Assert.Equal(1, node.Broker.Delays.Count);
        });
    }

    [Fact]
    public void A_stored_message_is_confirmed_when_it_is_durable()
    {
        using var node = new DelaysNode(_disk, _time);
        node.Define("x", "q");
        node.Commit();
        DelaysNode.Verdict first = node.Publish("x", "a", 1000);
        DelaysNode.Verdict second = node.Publish("x", "b", 1000);
        Assert.Null(first.Accepted);
        Assert.True(node.CommitOnce());
        Assert.True(first.Accepted);
        Assert.True(second.Accepted);
        DelaysNode.Verdict transient = node.Publish("x", "c", 1000, persistent: false);
        Assert.True(transient.Accepted);
    }

    [Fact]
    public void It_may_be_due_before_it_is_durable()
    {
        using var node = new DelaysNode(_disk, _time);
        node.Define("x", "q");
        node.Commit();
        DelaysNode.Verdict verdict = node.Publish("x", "a", 1);
        node.Pass(10);
        Assert.Equal("a", node.Take("q"));
        Assert.Null(verdict.Accepted);
        node.Commit();
        Assert.True(verdict.Accepted);
    }

    [Fact]
    public void A_crash_before_the_sync_loses_what_was_not_confirmed_and_nothing_else()
    {
        FaultyDisk found;
        using (var node = new DelaysNode(_disk, _time))
        {
            node.Define("x", "q");
            node.Publish("x", "a", 1000);
            node.Commit();
            Assert.Null(node.Publish("x", "b", 1000).Accepted);
            found = _disk.PeekCrash(new Random(1), CrashMode.LoseAll);
        }
        using var next = new DelaysNode(found, _time);
        next.Pass(1000);
        Assert.Equal("a", next.Take("q"));
    }

    [Fact]
    public void A_crash_while_its_queues_take_it_neither_loses_nor_doubles_it()
    {
        FaultyDisk found;
        using (var node = new DelaysNode(_disk, _time))
        {
            node.Define("x", "p", "q");
            node.Publish("x", "a", 1000);
            node.Commit();
            // Both queues append it, and the last of them releases it behind that.
            node.Pass(1000);
            Assert.Equal(1, node.Queue("q").ReadyCount);
            found = _disk.PeekCrash(new Random(1), CrashMode.LoseAll);
            using (var lost = new DelaysNode(found, _time))
            {
                Assert.Equal("a", lost.Take("p"));
                Assert.Equal("a", lost.Take("q"));
            }
            Assert.True(node.CommitOnce());
            found = _disk.PeekCrash(new Random(1), CrashMode.LoseAll);
            using (var taken = new DelaysNode(found, _time))
                Assert.Equal("a", taken.Take("q"));
            node.Commit();
            found = _disk.PeekCrash(new Random(1), CrashMode.LoseAll);
        }
        using var last = new DelaysNode(found, _time);
        Assert.Equal("a", last.Take("q"));
        Assert.Equal("a", last.Take("p"));
    }

    [Fact]
    public void What_is_transient_or_waits_at_a_transient_exchange_goes_with_the_node()
    {
        Live(node =>
        {
            node.Define("x", "q");
            node.Define("passing", durable: false, durableQueues: true, "q");
            node.Commit();
            Assert.True(node.Publish("x", "a", 1000, persistent: false).Accepted);
            Assert.True(node.Publish("passing", "b", 1000).Accepted);
            node.Publish("x", "c", 1000);
        });
        Live(node =>
        {
            node.Pass(1000);
            Assert.Equal("c", node.Take("q"));
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_goes_nowhere_is_gone_for_good(bool withExchange)
    {
        Live(node =>
        {
            node.Define("x");
            node.Publish("x", "a", 1000);
            node.Commit();
            if (!withExchange)
                node.Do(Samples.Remove(new ExchangeEntry(DelaysNode.Vhost, new() { Name = "x", Type = "fanout" })));
            node.Pass(1000);
            Assert.Equal(0, node.Broker.Delays.Count);
        });
        Live(node => Assert.Equal(0, node.Broker.Delays.Count));
    }

    [Fact]
    public void They_wait_on_when_their_exchange_is_deleted_and_go_where_its_name_leads()
    {
        Live(node =>
        {
            node.Define("x", "q");
            node.Publish("x", "a", 1000);
            node.Do(Samples.Remove(new ExchangeEntry(DelaysNode.Vhost, new() { Name = "x", Type = "fanout" })));
        });
        Live(node =>
        {
            node.Define("x", "r");
            node.Pass(1000);
            Assert.Equal("a", node.Take("r"));
            Assert.Equal("", node.Take("q"));
        });
    }

    [Fact]
    public void Expiry_begins_when_the_delay_ends()
    {
        Live(node =>
        {
            node.Define("x", "q");
            node.Publish("x", "a", 1000, expiration: "500");
            node.Publish("x", "b", 1600, expiration: "500");
        });
        Live(node =>
        {
            node.Pass(1000);
            Assert.Equal(1, node.Queue("q").ReadyCount);
            node.Pass(600);
            Assert.Equal("b", node.Take("q"));
        });
    }

    [Fact]
    public void Large_ones_are_written_from_where_they_lie_and_come_back_whole()
    {
        const int padding = 3 * NodeLog.CopiedBodyBytes;
        Live(node =>
        {
            node.Define("x", "q");
            node.Commit();
            node.Publish("x", "a", 1, padding: padding);
            node.Publish("x", "b", 1000, padding: padding);
            node.Publish("x", "c", 1, padding: padding);
            // Gone from the node before they are written, and what follows finds other memory.
            node.Pass(10);
            Assert.Equal("a c", node.Take("q"));
            long held = node.Broker.Slabs.OutstandingBytes;
            Assert.InRange(held, 3L * padding, long.MaxValue);
            node.Commit();
            Assert.InRange(node.Broker.Slabs.OutstandingBytes, padding, 2L * padding);
        });
        Live(node =>
        {
            node.Pass(1000);
            Assert.Equal("b", node.Take("q"));
            node.Commit();
            Assert.Equal(0, node.Broker.Slabs.OutstandingBytes);
        });
    }

    [Fact]
    public void A_large_one_that_goes_before_it_is_written_stays_in_memory_until_then()
    {
        using var node = new DelaysNode(_disk, _time);
        node.Define("nowhere");
        node.Commit();
        node.Publish("nowhere", "a", 1, padding: NodeLog.CopiedBodyBytes);
        node.Pass(10);
        Assert.Equal(0, node.Broker.Delays.Count);
        Assert.InRange(node.Broker.Slabs.OutstandingBytes, NodeLog.CopiedBodyBytes, long.MaxValue);
        node.Commit();
        Assert.Equal(0, node.Broker.Slabs.OutstandingBytes);
    }

    [Fact]
    public void Many_leave_memory_and_come_back_in_order()
    {
        const int count = 300;
        const int padding = 100_000;
        const long all = (long)count * padding;
        using (var node = new DelaysNode(_disk, _time))
        {
            node.Define("x", "q");
            for (int number = 0; number < count; number++)
            {
                node.Publish("x", Name(number), 100_000 - number, padding: padding);
                if (number % 20 == 19)
                    node.Commit();
                Assert.InRange(node.Broker.Slabs.OutstandingBytes, 0, all / 2);
            }
            Assert.InRange(node.Broker.Delays.ResidentBytes, 1, DelayedMessages.ResidentBudgetBytes);
            Assert.InRange(
                node.Broker.Slabs.OutstandingBytes, 1, node.Broker.Delays.ResidentBytes + (2 * padding));
            node.Publish("x", "transient", 99_850, persistent: false);
            node.Commit();
            Assert.Equal(Names(count - 1, 250), TakeDueAt(node, 99_750));
            node.Commit();
        }
        using var next = new DelaysNode(_disk.CrashProcess(), _time);
        Assert.Equal(250, next.Broker.Delays.Count);
        Assert.Equal(0, next.Broker.Slabs.OutstandingBytes);
        // Less than all of it is read at once: what queues have not answered for is limited.
        next.Time.Advance(TimeSpan.FromSeconds(1));
        next.Run();
        Assert.InRange(next.Queue("q").ReadyCount, 1, 200);
        for (int rounds = 0; next.Broker.Delays.Count > 0; rounds++)
        {
            Assert.InRange(rounds, 0, 100);
            next.CommitOnce();
        }
        Assert.Equal(Names(249, 0), next.Take("q"));
        next.Commit();
        Assert.Equal(0, next.Broker.Slabs.OutstandingBytes);
    }

    [Fact]
    public void What_is_not_durable_stays_in_memory_until_it_is()
    {
        const int count = 120;
        const int padding = 100_000;
        using var node = new DelaysNode(_disk, _time);
        node.Define("x", "q");
        node.Commit();
        for (int number = 0; number < count; number++)
            node.Publish("x", Name(number), 1000 + number, padding: padding);
        Assert.InRange(node.Broker.Slabs.OutstandingBytes, count * padding, long.MaxValue);
        using (var copy = new DelaysNode(_disk.PeekCrash(new Random(1), CrashMode.LoseAll), _time))
            Assert.Equal(0, copy.Broker.Delays.Count);
        node.Pass(1009);
        Assert.Equal(string.Join(' ', Enumerable.Range(0, 10).Select(Name)), node.Take("q"));
        node.Commit();
        Assert.InRange(node.Broker.Slabs.OutstandingBytes, 1, DelayedMessages.ResidentBudgetBytes + padding);
        node.Pass(1000);
        Assert.Equal(string.Join(' ', Enumerable.Range(10, count - 10).Select(Name)), node.Take("q"));
    }

    [Fact]
    public void Those_in_memory_wait_for_those_before_them_that_are_read()
    {
        Live(node =>
        {
            node.Define("x", "q");
            node.Publish("x", "a", 1000);
            node.Publish("x", "c", 3000);
        });
        Live(node =>
        {
            node.Publish("x", "b", 2000, persistent: false);
            node.Publish("x", "d", 3000);
            node.Publish("x", "e", 3001);
            node.Pass(4000);
            Assert.Equal("a b c d e", node.Take("q"));
        });
    }

    [Fact]
    public void Records_that_were_moved_are_read_where_they_are_now()
    {
        Live(node =>
        {
            node.Define("x", "q");
            for (int number = 0; number < 40; number++)
                node.Publish("x", Name(number), number % 4 == 0 ? 100_000 : 1000, padding: 8000);
            node.Commit();
            node.Pass(1000);
            Assert.Equal(30, node.Queue("q").ReadyCount);
            Assert.NotEqual("", node.Take("q"));
        });
        var before = new HashSet<string>(_disk.List("log"));
        Live(node =>
        {
            // Twice, since segments go below the older of two checkpoints.
            for (int round = 0; round < 6; round++)
            {
                node.Publish("x", "passing", 1);
                node.Pass(1);
                node.Take("q");
                node.Commit();
                node.Background.MakeCheckpoint();
                node.Commit();
                node.Background.RunOnce();
                node.Commit();
            }
            Assert.NotEmpty(before.Except(_disk.List("log")));
            node.Pass(100_000);
            Assert.Equal(string.Join(' ', Enumerable.Range(0, 10).Select(each => Name(each * 4))), node.Take("q"));
            Assert.DoesNotContain(node.Lines, line => line.Contains("lost", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void A_damaged_one_is_lost_and_told_and_the_others_come()
    {
        Live(node =>
        {
            node.Define("x", "q");
            node.Publish("x", "a", 1000, padding: 200_000);
            node.Commit();
            node.Publish("x", "b", 1000);
        });
        string segment = Assert.Single(_disk.List("log"), name => LengthOf(name) > 200_000);
        _disk.FlipBit($"log/{segment}", 150_000, 3);
        Live(node =>
        {
            node.Pass(1000);
            Assert.Equal("b", node.Take("q"));
            Assert.Contains(node.Lines, line => line.StartsWith("1 delayed messages cannot", StringComparison.Ordinal));
        });
        Live(node => Assert.Equal(0, node.Broker.Delays.Count));
    }

    [Fact]
    public void Nobody_is_told_anything_and_nothing_breaks_when_the_log_has_failed()
    {
        using var node = new DelaysNode(_disk, _time);
        node.Define("x", "q");
        node.Commit();
        DelaysNode.Verdict first = node.Publish("x", "a", 1000);
        _disk.FailAt(_disk.OperationCount + 1, DiskFailure.Other);
        Assert.False(node.CommitOnce());
        DelaysNode.Verdict second = node.Publish("x", "b", 1000);
        node.Pass(2000);
        Assert.Null(first.Accepted);
        Assert.Null(second.Accepted);
        Assert.Equal("", node.Take("q"));
    }

    [Fact]
    public void An_unknown_version_stops_the_start_and_is_named()
    {
        Live(node =>
        {
            node.Define("x", "q");
            node.Publish("x", "a", 1000);
        });
        AppendRaw(500, [0x21, 1]);
        DurableFormatException error = Assert.Throws<DurableFormatException>(() => Live(_ => { }));
        Assert.Equal(
            "the delayed messages cannot be read: the entry 500 begins with 33, which this node does not know",
            error.Message);
    }

    private static string Name(int number) => number.ToString("000", CultureInfo.InvariantCulture);

    // Downwards.
    private static string Names(int first, int last)
    {
        var names = new StringBuilder();
        for (int number = first; number >= last; number--)
            names.Append(names.Length == 0 ? "" : " ").Append(Name(number));
        return names.ToString();
    }

    private static string TakeDueAt(DelaysNode node, int ms)
    {
        node.Pass(ms);
        return node.Take("q");
    }

    // A life of the node; everything is durable at its end.
    private void Live(Action<DelaysNode> life)
    {
        using var node = new DelaysNode(_disk, _time);
        life(node);
        node.Commit();
    }

    private long LengthOf(string segment)
    {
        using IDiskFile file = _disk.Open($"log/{segment}");
        return file.LengthBytes;
    }

    private void AppendRaw(long index, byte[] meta)
    {
        LogGroup? delays = null;
        NodeLog log = StorageDirectory.Open(
            _disk, new NodeLogOptions(), new Silent(), (log, found) =>
            {
                LogGroup opened = log.OpenGroup(found.Id, new Silent());
                if (found.Id == DurableGroups.Delays)
                    delays = opened;
            },
            () => { });
        delays!.Append(new NewEntry { Index = new LogIndex(index), Meta = meta, IsKept = true });
        Assert.Equal(CommitOutcome.Committed, log.CommitRound());
    }

    private sealed class Silent : IGroupOwner, IStorageWatcher
    {
        public void Durable(Lsn lsn)
        {
            // Nobody waits for it.
        }

        public void Moved(MovedEntries moves) => moves.Complete();

        public void SpaceChanged(bool isExhausted, string message) => Assert.Fail(message);

        public void Failed(StorageFailedException error) => throw error;

        public void Damaged(string message) => Assert.Fail(message);
    }
}
