using System.Diagnostics;
using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Definitions;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Connections;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Topology;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Policies;

/// <summary>Policies at work: at once on what there is, and on what comes later, as a client sees it.</summary>
public sealed class PolicyEffectTests
{
    [Fact]
    public async Task Length_limits_cut_existing_queues_at_once_and_end_with_the_policy()
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "q");
        await PublishAsync(link, "q", 5);
        await host.QueueHolds("q", ready: 5, unacked: 0);
        await Policies(host).SetAsync("/", "short", "^q", Fields.Of(("max-length", 2)));
        await host.QueueHolds("q", ready: 2, unacked: 0);
        await link.Client.DeclareAsync(1, "q-later");
        await PublishAsync(link, "q-later", 5);
        await host.QueueHolds("q-later", ready: 2, unacked: 0);

        await host.Broker.Administration.OperatorPolicies.SetAsync("/", "op", "^q", Fields.Of(("max-length", 1)));
        await host.QueueHolds("q", ready: 1, unacked: 0);
        await Policies(host).ClearAsync("/", "short");
        await host.Broker.Administration.OperatorPolicies.ClearAsync("/", "op");
        await PublishAsync(link, "q", 5);
        await host.QueueHolds("q", ready: 6, unacked: 0);
    }

    [Fact]
    public async Task Overflow_rejects_what_is_confirmed()
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "q");
        await link.Client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        await Policies(host).SetAsync(
            "/", "p", "q", Fields.Of(("max-length", 1), ("overflow", "reject-publish")), applyTo: "queues");
        await PublishAsync(link, "q", 1);
        await link.Client.ExpectAsync(MethodId.BasicAck);
        await PublishAsync(link, "q", 1);
        await link.Client.ExpectAsync(MethodId.BasicNack);
    }

    [Fact]
    public async Task Dead_letters_go_where_the_policy_says()
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "src");
        await link.Client.DeclareAsync(1, "dlq");
        await Policies(host).SetAsync(
            "/", "dl", "^src$", Fields.Of(("dead-letter-exchange", ""), ("dead-letter-routing-key", "dlq")));
        await PublishAsync(link, "src", 1);
        await link.Client.CallAsync(1, new BasicGet("src", noAck: false), MethodId.BasicGetOk);
        await link.Client.SendAsync(1, new BasicReject(1, requeue: false));
        await host.QueueHolds("dlq", ready: 1, unacked: 0);
    }

    [Fact]
    public async Task Messages_queues_and_consumers_run_out_of_time_by_policy()
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "ttl");
        await link.Client.DeclareAsync(1, "unused");
        await link.Client.DeclareAsync(1, "slow");
        await Policies(host).SetAsync("/", "a", "^ttl$", Fields.Of(("message-ttl", 1000)));
        await Policies(host).SetAsync("/", "b", "^unused$", Fields.Of(("expires", 2000)));
        await Policies(host).SetAsync("/", "c", "^slow$", Fields.Of(("consumer-timeout", 3000)));
        await Eventually.True(() => host.Queue("ttl").Settings.MessageTtlMs == 1000
            && host.Queue("unused").Settings.ExpiresMs == 2000
            && host.Queue("slow").Settings.ConsumerTimeoutMs == 3000);
        await PublishAsync(link, "ttl", 1);
        await PublishAsync(link, "slow", 1);
        await host.QueueHolds("ttl", ready: 1, unacked: 0);
        await link.Client.ConsumeAsync(1, "slow", "tag");
        await host.QueueHolds("slow", ready: 0, unacked: 1);
        await Eventually.True(() =>
        {
            host.Time.Advance(TimeSpan.FromMilliseconds(500));
            return host.Queue("ttl").ReadyCount == 0;
        });
        await Eventually.True(() =>
        {
            host.Time.Advance(TimeSpan.FromMilliseconds(500));
            return !host.Broker.AllQueues().Any(queue => queue.Name == "unused");
        });
        await Eventually.True(() =>
        {
            host.Time.Advance(TimeSpan.FromMilliseconds(500));
            return host.Queue("slow") is { ReadyCount: 1, ConsumerCount: 0 };
        });
    }

    [Fact]
    public async Task An_alternate_exchange_takes_what_the_exchange_does_not_route()
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "rest");
        await link.Client.CallAsync(
            1, new QueueBind("rest", "amq.fanout", "", noWait: false, FieldTable.Empty), MethodId.QueueBindOk);
        await Policies(host).SetAsync(
            "/", "ae", "^amq.direct$", Fields.Of(("alternate-exchange", "amq.fanout")), applyTo: "exchanges");
        link.Client.AddPublish(1, "amq.direct", "nobody", "x"u8);
        await link.Client.FlushAsync();
        await host.QueueHolds("rest", ready: 1, unacked: 0);
        await Policies(host).ClearAsync("/", "ae");
        link.Client.AddPublish(1, "amq.direct", "nobody", "x"u8, mandatory: true);
        await link.Client.FlushAsync();
        await link.Client.ExpectAsync(MethodId.BasicReturn);
    }

    /// <summary>
    /// Ten thousand queues, half of them matched: what a policy changes is in force in the time of a few declarations a
    /// queue, and one that matches a single queue tells that queue alone.
    /// </summary>
    [Fact]
    public void Ten_thousand_queues_stay_usable()
    {
        const int Queues = 10_000;
        using var node = new DefinitionsNode(new MemoryDisk());
        node.Do(Samples.Vhost());
        for (int each = 0; each < Queues; each++)
        {
            node.Store.Commit(Samples.Queue(
                $"{(each % 2 == 0 ? "even" : "odd")}{each}", durable: false, arguments: FieldTable.Empty));
        }
        node.Run();
        long start = Stopwatch.GetTimestamp();
        Task set = node.Broker.Administration.Policies.SetAsync("v", "p", "^even", Fields.Of(("max-length", 1)));
        node.Run();
        node.Commit();
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        Assert.True(set.IsCompletedSuccessfully);
        Vhost vhost = node.Store.FindVhost("v")!;
        Assert.Equal(Queues / 2, vhost.Queues.Count(queue => queue.Value.Home.Settings.MaxLength == 1));
        Assert.True(taken < TimeSpan.FromSeconds(2), $"{taken}");
        TestContext.Current.SendDiagnosticMessage($"{Queues / 2} of {Queues} queues in {taken.TotalMilliseconds} ms");

        DefinitionsDraft draft = node.Store.NewDraft();
        draft.Add(Samples.Policy("one", pattern: "^odd77$"));
        Assert.Equal("odd77", Assert.Single(draft.QueuesConfigured).Key.Name);
    }

    private static PolicyAdministration Policies(BrokerHost host) => host.Broker.Administration.Policies;

    private static async Task PublishAsync(Link link, string queue, int count)
    {
        for (int each = 0; each < count; each++)
            link.Client.AddPublish(1, "", queue, "body"u8);
        await link.Client.FlushAsync();
    }
}
