using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Durability;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Storage;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

public sealed class RecoveryTests
{
    private readonly MemoryDisk _disk = new();

    [Fact]
    public void Everything_durable_comes_back_as_it_was()
    {
        string before = Run(node => node.Do(Samples.All()));
        Assert.Contains("binding v x -> Queue q", before, StringComparison.Ordinal);
        Assert.Contains("topic u v t", before, StringComparison.Ordinal);
        Assert.Contains("user guest", before, StringComparison.Ordinal);
        for (int start = 0; start < 3; start++)
            Assert.Equal(before, Run(_ => { }));
    }

    [Fact]
    public void A_bound_queue_is_the_one_that_the_vhost_has()
    {
        Run(node => node.Do(Samples.All()));
        Run(node =>
        {
            Vhost vhost = node.Store.FindVhost("v")!;
            Assert.True(vhost.Queues.TryGetValue("q", out QueueDefinition? queue));
            Binding binding = Assert.Single(vhost.BindingsFrom("x"), each => each.Destination == "q");
            Assert.Same(queue, binding.Queue);
            Assert.Same(queue, queue.Home.Definition);
            Assert.InRange(queue.Id.Value, DurableGroups.FirstDefinitionIndex, long.MaxValue);
        });
    }

    /// <summary>A queue that is declared again does not get the members of the one before.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(600)]
    public void A_queues_members_come_back_and_go_with_it(int entriesBehind)
    {
        long id = 0;
        string before = Run(node =>
        {
            node.Do(Samples.Member(1), Samples.Member(2), Samples.Member(3));
            node.Do(Samples.ReplicatedQueue("q", "/", 1, 2));
            id = node.Broker.AllQueues().Single().Id.Value;
            node.Do(Samples.QueueMembers(id, 1, 3));
            node.Do(Samples.QueueMembers(id, 3, 2));
            for (int each = 0; each < entriesBehind; each++)
                node.Do(Samples.User(password: $"{each}"));
            node.Commit();
            Assert.Equal(entriesBehind > 0, node.Store.Group.CompactedIndex.Value > id);
        });
        Run(node =>
        {
            Assert.Equal(before, node.Text);
            QueueDefinition queue = node.Broker.AllQueues().Single();
            Assert.Equal([Samples.Node(3), Samples.Node(2)], queue.Members);
            Assert.Equal([Samples.Node(1), Samples.Node(2)], queue.Founders);
            Assert.Equal(2, queue.WishedSize);
            Assert.Same(queue, queue.Home.Definition);
            node.Do(new RemovalEntry(DefinitionKey.OfQueue("/", "q")));
            Assert.Equal(0, node.Store.State.IndexOf(DefinitionKey.OfQueueMembers("/", "q")));
            node.Do(Samples.ReplicatedQueue("q", "/", 1, 2));
        });
        Run(node => Assert.Equal([Samples.Node(1), Samples.Node(2)], node.Broker.AllQueues().Single().Members));
    }

    [Fact]
    public void What_is_not_durable_goes_with_the_bindings_to_it()
    {
        string kept = Run(node => node.Do(Samples.All()));
        Run(node =>
        {
            node.Do(
                Samples.Exchange("transient", durable: false),
                Samples.Queue("transient", durable: false),
                Samples.Queue("mine", durable: true, owner: 5),
                Samples.Binding("transient"),
                Samples.Binding(queue: "transient"),
                Samples.Binding(queue: "mine"),
                Samples.Binding(queue: "transient", kind: DestinationKind.Exchange));
            Assert.Equal(3, node.Store.FindVhost("v")!.Queues.Count);
        });
        Run(node =>
        {
            Assert.Equal(kept, node.Text);
            Vhost vhost = node.Store.FindVhost("v")!;
            Assert.True(vhost.Queues.Contains("q"));
            Assert.False(vhost.Queues.Contains("transient"));
            Assert.False(vhost.Queues.Contains("mine"));
            Assert.False(vhost.Exchanges.Contains("transient"));
            Assert.Equal(2, vhost.BindingsFrom("x").Count);
        });
    }

    [Fact]
    public void What_was_made_anew_comes_back_as_it_was_made_last()
    {
        Run(node => node.Do(Samples.All()));
        string changed = Run(node => node.Do(
            Samples.Vhost() with { DefaultQueueType = null },
            Samples.User(password: "other"),
            Samples.Permission(configure: "^b")));
        Assert.Contains("vhost v: -", changed, StringComparison.Ordinal);
        Assert.Equal(changed, Run(_ => { }));
    }

    [Fact]
    public void A_definition_that_is_there_already_appends_nothing()
    {
        Run(node => node.Do(Samples.All()));
        Run(node =>
        {
            node.Commit();
            long before = node.Log.WrittenBytes;
            foreach (DefinitionsEntry entry in Samples.All())
                node.Do(entry);
            node.Commit();
            Assert.Equal(before, node.Log.WrittenBytes);
        });
    }

    [Fact]
    public void What_goes_takes_along_what_cannot_be_without_it()
    {
        string nothing = Run(_ => { });
        foreach (DefinitionsEntry gone in Samples.All())
        {
            Run(node => node.Do(Samples.All()));
            string rest = Run(node => node.Do(Samples.Remove(gone)));
            Assert.Equal(rest, Run(_ => { }));
            // Whatever came with it must not come back with it.
            Run(node => node.Do(Samples.Vhost(), Samples.User()));
            string bare = Run(node => node.Do([.. Samples.All().Where(each => each.Key == gone.Key
                && gone.Missing(node.Store.NewDraft()) is null)]));
            Assert.Equal(bare, Run(_ => { }));
            Run(node => node.Do(
                Samples.Remove(Samples.Vhost()), Samples.Remove(Samples.DescribedVhost()),
                Samples.Remove(Samples.User()), Samples.Remove(Samples.GlobalParameter())));
            Assert.Equal(nothing, Run(_ => { }));
        }
    }

    [Fact]
    public void Bindings_of_a_queue_that_was_deleted_do_not_come_back_with_its_name()
    {
        Run(node => node.Do(Samples.All()));
        Run(node => node.Do(Samples.Remove(Samples.Queue()), Samples.Queue()));
        Run(node =>
        {
            Assert.True(node.Store.FindVhost("v")!.Queues.Contains("q"));
            Assert.DoesNotContain(node.Store.FindVhost("v")!.BindingsFrom("x"), each => each.Destination == "q");
        });
    }

    [Fact]
    public void A_durable_exchange_goes_with_the_last_binding_though_that_was_not_durable()
    {
        ExchangeEntry exchange = Samples.Exchange("auto", autoDelete: true);
        Run(node => node.Do(
            Samples.Vhost(), exchange, Samples.Queue("mine", owner: 5), Samples.Binding("auto", "mine"),
            Samples.Remove(Samples.Queue("mine"))));
        Run(node => Assert.False(node.Store.FindVhost("v")!.Exchanges.Contains("auto")));
    }

    [Fact]
    public void Ids_are_never_given_twice()
    {
        var seen = new HashSet<long>();
        for (int start = 0; start < 4; start++)
        {
            Run(node =>
            {
                node.Do(Samples.Vhost());
                for (int each = 0; each < 5; each++)
                {
                    node.Do(Samples.Queue());
                    Assert.True(seen.Add(IdOf(node, "q")));
                    node.Do(Samples.Remove(Samples.Queue()));
                }
            });
        }
        // One that is not durable takes from the same numbers, and one that is never has them in the same process.
        Run(node =>
        {
            node.Do(Samples.Queue("passing", durable: false), Samples.Queue("stays"));
            Assert.True(IdOf(node, "stays") > IdOf(node, "passing"));
            Assert.True(seen.Add(IdOf(node, "stays")));
        });
    }

    [Theory]
    [InlineData(65_000)]
    [InlineData(65_535)]
    [InlineData(300_000)]
    public void Arguments_larger_than_a_records_meta_come_back(int bytes)
    {
        string before = Run(node => node.Do(
            Samples.Vhost(), Samples.Queue(arguments: Samples.OfSize(bytes)), Samples.Queue("r")));
        Assert.Equal(before, Run(_ => { }));
        Run(node =>
        {
            Assert.True(node.Store.FindVhost("v")!.Queues.TryGetValue("q", out QueueDefinition? queue));
            Assert.Equal(Samples.OfSize(bytes), queue.Arguments);
        });
    }

    [Fact]
    public void An_unknown_version_stops_the_start_and_is_named()
    {
        long index = 0;
        Run(node =>
        {
            node.Do(Samples.Vhost(), Samples.Queue());
            index = IdOf(node, "q") + 1;
        });
        AppendRaw(index, [9, 1, 1]);
        UnreadableDefinitionException error = Assert.Throws<UnreadableDefinitionException>(() => Run(_ => { }));
        Assert.Equal(index, error.Index);
        Assert.StartsWith(
            $"definitions entry {index} of the node log has format version 9; this node knows versions 1 to 7. ",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exchange_that_cannot_be_stops_the_start_and_is_named()
    {
        Run(node => node.Do(Samples.Vhost()));
        AppendRaw(2000, EntryFormat.Write(Samples.Exchange(type: ExchangeTypes.DelayedMessage)));
        UnreadableDefinitionException error = Assert.Throws<UnreadableDefinitionException>(() => Run(_ => { }));
        Assert.Contains("entry 2000 of the node log makes the exchange 'x' in vhost 'v'", error.Message,
            StringComparison.Ordinal);
    }

    /// <summary>As damage leaves it: the other half is gone, and nobody released it.</summary>
    [Fact]
    public void What_damage_left_without_its_other_half_is_told_and_left_out()
    {
        Run(_ => { });
        AppendRaw(2000, EntryFormat.Write(Samples.Binding("amq.topic", "lost", vhost: "/")));
        AppendRaw(2001, EntryFormat.Write(Samples.Permission("nobody", "/")));
        AppendRaw(2002, EntryFormat.Write(Samples.Queue("q", "forgotten")));
        Run(node =>
        {
            Assert.Contains(node.Lines, line => line.StartsWith("Without the queue 'lost'", StringComparison.Ordinal));
            Assert.Contains(node.Lines, line => line.StartsWith("Without the user 'nobody'", StringComparison.Ordinal));
            Assert.True(node.Store.FindVhost("forgotten")!.Queues.Contains("q"));
            // Another queue of that name does not get the binding, neither now nor at the next start.
            node.Do(Samples.Queue("lost", "/"));
        });
        Run(node => Assert.Empty(node.Store.FindVhost("/")!.BindingsFrom("amq.topic")));
        Run(node => node.Do(Samples.Binding("amq.topic", "lost", vhost: "/")));
        Run(node => Assert.Single(node.Store.FindVhost("/")!.BindingsFrom("amq.topic")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_definition_whose_body_is_damaged_is_told_and_the_rest_is_served(bool behindCheckpoint)
    {
        var disk = new FaultyDisk();
        using (var node = new DefinitionsNode(disk))
        {
            node.Do(Samples.Vhost(), Samples.Queue(arguments: Samples.OfSize(300_000)), Samples.Queue("r"));
            node.Commit();
            // Damage in the last round would pass for a torn tail.
            node.Do(Samples.Exchange(), Samples.Binding(), Samples.Binding(queue: "r"));
            node.Commit();
            if (behindCheckpoint)
                Assert.True(new StorageBackground(node.Log, node.LogOptions, node).MakeCheckpoint());
        }
        string segment = Assert.Single(disk.List("log"), name => LengthOf(disk, name) > 300_000);
        disk.FlipBit($"log/{segment}", 150_000, 3);
        using var next = new DefinitionsNode(disk);
        Assert.Contains(
            next.Lines, line => line.StartsWith("Without the queue 'q' in vhost 'v'", StringComparison.Ordinal));
        Vhost vhost = next.Store.FindVhost("v")!;
        Assert.False(vhost.Queues.Contains("q"));
        Assert.True(vhost.Queues.Contains("r"));
        Assert.Equal("r", Assert.Single(vhost.BindingsFrom("x")).Destination);
    }

    [Fact]
    public void First_entries_that_a_crash_cut_short_are_made_again()
    {
        string whole = Run(_ => { });
        Assert.IsType<SessionEntry>(Entries(_disk)[0]);
        DefinitionsEntry[] first = [.. Entries(_disk).Skip(1)];
        Assert.Equal(3, first.Length);
        Assert.IsType<VhostEntry>(first[^1]);
        foreach (int written in new[] { 1, 2 })
        {
            var cut = new MemoryDisk();
            int index = 1000;
            foreach (DefinitionsEntry entry in first[..written])
                AppendRaw(index++, EntryFormat.Write(entry), cut);
            using var node = new DefinitionsNode(cut);
            Assert.Equal(whole.Split('\n').Length, node.Text.Split('\n').Length);
            Assert.True(node.Broker.Security.MayConnect("guest", "/"));
        }
    }

    [Fact]
    public void Queues_go_on_to_expire_after_a_start()
    {
        Run(node => node.Do(
            Samples.Vhost(),
            Samples.Queue(arguments: new() { ["x-expires"] = Warren.Amqp.FieldValue.Of(1000) })));
        Run(node =>
        {
            node.Time.Advance(TimeSpan.FromSeconds(5));
            node.Run();
            Assert.False(node.Store.FindVhost("v")!.Queues.Contains("q"));
        });
        Run(node => Assert.False(node.Store.FindVhost("v")!.Queues.Contains("q")));
    }

    // Another life of the node on the same disk; everything is durable at its end.
    private string Run(Action<DefinitionsNode> life)
    {
        using var node = new DefinitionsNode(_disk);
        life(node);
        node.Commit();
        return node.Text;
    }

    private static long LengthOf(FaultyDisk disk, string segment)
    {
        using IDiskFile file = disk.Open($"log/{segment}");
        return file.LengthBytes;
    }

    private static long IdOf(DefinitionsNode node, string queue)
    {
        Assert.True(node.Store.FindVhost("v")!.Queues.TryGetValue(queue, out QueueDefinition? definition));
        return definition.Id.Value;
    }

    private void AppendRaw(long index, byte[] meta, MemoryDisk? disk = null)
    {
        (NodeLog log, LogGroup? group, _, Term term) = OpenRaw(disk ?? _disk);
        group ??= log.OpenGroup(DurableGroups.Definitions, new SilentOwner());
        group.Append(new NewEntry { Index = new LogIndex(index), Term = term, Meta = meta, IsKept = true });
        Assert.Equal(CommitOutcome.Committed, log.CommitRound());
    }

    private static List<DefinitionsEntry> Entries(MemoryDisk disk) => OpenRaw(disk).Entries;

    private static (NodeLog Log, LogGroup? Group, List<DefinitionsEntry> Entries, Term Term) OpenRaw(MemoryDisk disk)
    {
        LogGroup? group = null;
        Term term = default;
        List<DefinitionsEntry> entries = [];
        NodeLog log = StorageDirectory.Open(
            disk, new NodeLogOptions(), new SilentWatcher(), (log, found) =>
            {
                LogGroup opened = log.OpenGroup(found.Id, new SilentOwner());
                if (found.Id == DurableGroups.Definitions)
                    (group, term) = (opened, found.LastTerm);
                while (found.TryNext(out RecoveredEntry entry))
                {
                    if (entry.Meta[0] is > 0 and <= LoggedFormat.Version)
                        entries.Add(LoggedFormat.Read(entry.Meta, []).Entry);
                }
            },
            () => { });
        return (log, group, entries, term);
    }

    private sealed class SilentOwner : IGroupOwner
    {
        public void Durable(Lsn lsn)
        {
        }

        public void Moved(MovedEntries moves) => moves.Complete();
    }

    private sealed class SilentWatcher : IStorageWatcher
    {
        public void SpaceChanged(bool isExhausted, string message)
        {
        }

        public void Failed(StorageFailedException error) => throw error;

        public void Damaged(string message) => Assert.Fail(message);
    }
}
