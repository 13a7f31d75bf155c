using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Durability;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Connections;
using Warren.Broker.Topology;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

/// <summary>Clients are told of durable definitions when they are on disk, and of nothing before.</summary>
public sealed class ReplyTests : IStorageWatcher
{
    private static readonly NodeLogOptions SmallLog = new() { SegmentBytes = 64 * 1024, ReserveBytes = 0 };

    private readonly FaultyDisk _disk = new();
    private StorageFailedException? _failure;
    private int _probes;

    [Fact]
    public async Task Each_reply_waits_for_the_sync()
    {
        await using BrokerHost host = Start(_disk);
        Link link = await ConnectAsync(host);
        await AnsweredAfterSync(host, link, DeclareQueue("q"), MethodId.QueueDeclareOk);
        await AnsweredAfterSync(host, link, DeclareExchange("x"), MethodId.ExchangeDeclareOk);
        await AnsweredAfterSync(
            host, link, client => client.Add(1, new QueueBind("q", "x", "k", noWait: false, FieldTable.Empty)),
            MethodId.QueueBindOk);
        await AnsweredAfterSync(
            host, link, client => client.Add(1, new ExchangeBind("amq.topic", "x", "k", false, FieldTable.Empty)),
            MethodId.ExchangeBindOk);
        await AnsweredAfterSync(
            host, link, client => client.Add(1, new QueueUnbind("q", "x", "k", FieldTable.Empty)),
            MethodId.QueueUnbindOk);
        await AnsweredAfterSync(
            host, link, client => client.Add(1, new ExchangeUnbind("amq.topic", "x", "k", false, FieldTable.Empty)),
            MethodId.ExchangeUnbindOk);
        await AnsweredAfterSync(
            host, link, client => client.Add(1, new ExchangeDelete("x", ifUnused: false, noWait: false)),
            MethodId.ExchangeDeleteOk);
        await AnsweredAfterSync(
            host, link, client => client.Add(1, new QueueDelete("q", false, false, noWait: false)),
            MethodId.QueueDeleteOk);
    }

    [Fact]
    public async Task What_is_there_is_told_at_once_unless_it_is_not_on_disk_yet()
    {
        await using BrokerHost host = Start(_disk);
        Link first = await ConnectAsync(host);
        Link second = await ConnectAsync(host);
        DeclareQueue("q")(first.Client);
        DeclareExchange("x")(first.Client);
        await first.Client.FlushAsync();
        await Eventually.True(() => Exists(host, "q"));
        await Unanswered(second, DeclareQueue("q"));
        Commit(host);
        await first.Client.ExpectAsync(MethodId.QueueDeclareOk);
        await second.Client.ExpectAsync(MethodId.QueueDeclareOk);
        // The exchange came behind the reply, on the same channel.
        await Eventually.True(() => Vhost(host).Exchanges.Contains("x"));
        await Unanswered(second, DeclareExchange("x"));
        Commit(host);
        await first.Client.ExpectAsync(MethodId.ExchangeDeclareOk);
        await second.Client.ExpectAsync(MethodId.ExchangeDeclareOk);

        DeclareQueue("q")(second.Client);
        DeclareExchange("x")(second.Client);
        await second.Client.FlushAsync();
        await second.Client.ExpectAsync(MethodId.QueueDeclareOk);
        await second.Client.ExpectAsync(MethodId.ExchangeDeclareOk);
    }

    [Fact]
    public async Task Deleting_what_is_gone_is_answered_when_it_cannot_come_back()
    {
        await using BrokerHost host = Start(_disk);
        Link first = await ConnectAsync(host);
        Link second = await ConnectAsync(host);
        await AnsweredAfterSync(host, first, DeclareQueue("q"), MethodId.QueueDeclareOk);
        await first.Client.SendAsync(1, new QueueDelete("q", false, false, noWait: false));
        await host.QueueIsGone("q");
        await Unanswered(second, client => client.Add(1, new QueueDelete("q", false, false, noWait: false)));
        Commit(host);
        await first.Client.ExpectAsync(MethodId.QueueDeleteOk);
        await second.Client.ExpectAsync(MethodId.QueueDeleteOk);
        await second.Client.CallAsync(1, new QueueDelete("q", false, false, noWait: false), MethodId.QueueDeleteOk);
    }

    [Fact]
    public async Task Who_wants_no_reply_does_not_wait()
    {
        await using BrokerHost host = Start(_disk);
        Link link = await ConnectAsync(host);
        for (int each = 0; each < 20; each++)
            link.Client.Add(1, new QueueDeclare($"q{each}", false, true, false, false, noWait: true, FieldTable.Empty));
        link.Client.Add(1, new BasicQos(0, 1, false));
        await link.Client.FlushAsync();
        await link.Client.ExpectAsync(MethodId.BasicQosOk);
        Assert.True(Exists(host, "q19"));
        Commit(host);
    }

    [Fact]
    public async Task What_is_not_durable_is_answered_at_once()
    {
        await using BrokerHost host = Start(_disk);
        Link link = await ConnectAsync(host);
        await link.Client.OpenChannelAsync(3);
        await Unanswered(link, DeclareQueue("q"));
        await link.Client.DeclareAsync(3, "passing");
        await link.Client.DeclareAsync(3, "passing");
        await link.Client.CallAsync(
            3, new QueueBind("passing", "amq.direct", "k", noWait: false, FieldTable.Empty), MethodId.QueueBindOk);
        Commit(host);
        await link.Client.ExpectAsync(MethodId.QueueDeclareOk);
    }

    [Fact]
    public async Task A_queue_that_was_told_of_is_there_after_a_crash_and_one_that_was_deleted_is_not()
    {
        FaultyDisk found;
        await using (BrokerHost host = Start(_disk))
        {
            Link link = await ConnectAsync(host);
            await AnsweredAfterSync(host, link, DeclareQueue("q"), MethodId.QueueDeclareOk);
            await link.Client.SendAsync(1, new QueueDelete("q", false, false, noWait: false));
            await host.QueueIsGone("q");
            // The entry that deletes it is not on disk, and nobody was told.
            found = _disk.PeekCrash(new Random(1), CrashMode.LoseAll);
            await using (BrokerHost other = Start(found))
                Assert.True(Exists(other, "q"));
            Commit(host);
            await link.Client.ExpectAsync(MethodId.QueueDeleteOk);
            found = _disk.PeekCrash(new Random(1), CrashMode.LoseAll);
        }
        await using BrokerHost last = Start(found);
        Assert.False(Exists(last, "q"));
    }

    [Fact]
    public async Task A_durable_queue_that_deletes_itself_does_not_come_back()
    {
        await using (BrokerHost host = Start(_disk))
        {
            Link link = await ConnectAsync(host);
            await AnsweredAfterSync(
                host, link,
                client => client.Add(1, new QueueDeclare("q", false, true, false, true, false, FieldTable.Empty)),
                MethodId.QueueDeclareOk);
            await AnsweredAfterSync(host, link, DeclareQueue("stays"), MethodId.QueueDeclareOk);
            await link.Client.ConsumeAsync(1, "q", "c");
            await link.Client.CallAsync(1, new BasicCancel("c", noWait: false), MethodId.BasicCancelOk);
            await host.QueueIsGone("q");
            Commit(host);
        }
        await using BrokerHost next = Start(_disk.PeekCrash(new Random(1), CrashMode.LoseAll));
        Assert.True(Exists(next, "stays"));
        Assert.False(Exists(next, "q"));
    }

    [Fact]
    public async Task Nothing_is_answered_and_nothing_breaks_when_the_log_has_failed()
    {
        await using BrokerHost host = Start(_disk);
        Link link = await ConnectAsync(host);
        await AnsweredAfterSync(host, link, DeclareQueue("there"), MethodId.QueueDeclareOk);
        await Unanswered(link, DeclareQueue("q"));
        Assert.False(host.Broker.Definitions.IsSettled);
        _disk.FailAt(_disk.OperationCount + 1, DiskFailure.Other);
        Assert.Equal(CommitOutcome.Failed, host.Broker.Storage!.CommitRound());
        Assert.NotNull(_failure);
        // Nothing is written any more, so that nothing more is defined: not what would not be durable, either.
        Link late = await ConnectAsync(host);
        DeclareQueue("r")(late.Client);
        late.Client.Add(2, new QueueDeclare("t", false, false, false, false, noWait: false, FieldTable.Empty));
        await late.Client.FlushAsync();
        Link later = await ConnectAsync(host);
        await later.Client.SendAsync(1, new QueueDelete("there", false, false, noWait: false));
        await SeenByDefinitions(host);
        foreach (Link each in new[] { link, late, later })
            Assert.Equal(3, (await each.Client.OpenChannelAsync(3)).Channel);
        Assert.False(Exists(host, "r"));
        await late.CutAsync();
        await later.CutAsync();
    }

    /// <summary>Everything that was posted to the definitions before has been handled.</summary>
    private static Task SeenByDefinitions(BrokerHost host)
    {
        var seen = new TaskCompletionSource();
        host.Broker.Definitions.Post(new Seen(seen));
        return seen.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static Action<WireClient> DeclareQueue(string name) => client => client.Add(
        1, new QueueDeclare(name, passive: false, durable: true, false, false, noWait: false, FieldTable.Empty));

    private static Action<WireClient> DeclareExchange(string name) => client => client.Add(
        1,
        new ExchangeDeclare(
            name, ExchangeTypes.Direct, passive: false, durable: true, false, false, noWait: false, FieldTable.Empty));

    private async Task AnsweredAfterSync(
        BrokerHost host, Link link, Action<WireClient> request, uint answer)
    {
        await Unanswered(link, request);
        await Eventually.True(() => !host.Broker.Definitions.IsSettled);
        await Unanswered(link, _ => { });
        Commit(host);
        await link.Client.ExpectAsync(answer);
    }

    /// <summary>
    /// Sends something on channel 1 and shows, by a change that goes the same way behind it and has its answer first,
    /// that it is not answered.
    /// </summary>
    private async Task Unanswered(Link link, Action<WireClient> request)
    {
        request(link.Client);
        await link.Client.FlushAsync();
        Assert.Equal(2, (await link.Client.DeclareAsync(2, $"probe {++_probes}")).Channel);
    }

    private static async Task<Link> ConnectAsync(BrokerHost host)
    {
        Link link = await host.ConnectWithChannelAsync();
        await link.Client.OpenChannelAsync(2);
        return link;
    }

    private static Vhost Vhost(BrokerHost host)
    {
        Assert.True(host.Broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost));
        return vhost;
    }

    private static bool Exists(BrokerHost host, string queue) => Vhost(host).Queues.Contains(queue);

    private static void Commit(BrokerHost host)
    {
        while (host.Broker.Storage!.CommitRound() == CommitOutcome.Committed)
        {
            // The next round may have begun meanwhile.
        }
    }

    private BrokerHost Start(IDisk disk)
    {
        var host = new BrokerHost(storage: new StorageSetup(disk, SmallLog, this, () => { }));
        Commit(host);
        return host;
    }

    private sealed class Seen(TaskCompletionSource seen) : DefinitionsChange
    {
        internal override void Apply(DefinitionsStore store) => seen.SetResult();
    }

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
    }

    void IStorageWatcher.Failed(StorageFailedException error) => _failure = error;

    void IStorageWatcher.Damaged(string message) => Assert.Fail(message);
}
