using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Topology;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>A replicated queue that is full refuses most of what is published, for as long as it is asked.</summary>
public sealed class RefusedPublishTests
{
    private const int Rounds = 400;

    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);
    private readonly SimulatedConnection _client;
    private readonly HashSet<ulong> _unanswered = [];
    private int _published;

    public RefusedPublishTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        SimulatedNode leader = _cluster.Leader!;
        Declare(leader);
        _client = _cluster.Connect(_cluster.Nodes.First(node => node != leader));
        _client.Send(new ConfirmSelect(false));
        Expect(_client, MethodId.ConfirmSelectOk);
    }

    [Fact]
    public void What_it_keeps_of_them_does_not_grow()
    {
        int most = 0;
        for (int round = 0; round < Rounds; round++)
        {
            PublishAll(3);
            _client.Send(new BasicGet("q", noAck: true));
            Expect(_client, MethodId.BasicGetOk);
            most = Math.Max(most, Members.Max(Kept));
        }
        Assert.InRange(most, 10, 80);
    }

    [Fact]
    public void A_new_leader_hears_at_once_which_of_them_are_settled()
    {
        for (int round = 0; round < 30; round++)
        {
            PublishAll(3);
            _client.Send(new BasicGet("q", noAck: true));
            Expect(_client, MethodId.BasicGetOk);
        }
        ReplicatedQueue leader = Members.Single(static member => member.Consensus!.IsLeader);
        Assert.InRange(Kept(leader), 10, 30);
        _cluster.Nodes.Single(node => node.Broker!.Replication!.Find(leader.Definition.Id) == leader).Crash();
        _cluster.Until(() => Members.Any(static member => member.Consensus!.IsLeader), what: "another leader");
        PublishAll(3);
        _client.Send(new BasicGet("q", noAck: true));
        Expect(_client, MethodId.BasicGetOk);
        _cluster.Until(() => Members.All(static member => Kept(member) < 3), what: "a shorter state");
    }

    private IEnumerable<ReplicatedQueue> Members
    {
        get
        {
            foreach (SimulatedNode node in _cluster.Nodes.Where(static node => node.IsUp))
            {
                Assert.True(node.Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost));
                Assert.True(vhost.Queues.TryGetValue("q", out QueueDefinition? queue));
                yield return node.Broker.Replication!.Find(queue.Id)!;
            }
        }
    }

    private static int Kept(ReplicatedQueue member) =>
        member.Replica.State.Sources.Sum(static source => source.PassedOver.Count);

    private void Declare(SimulatedNode node)
    {
        SimulatedConnection connection = _cluster.Connect(node);
        var arguments = new FieldTable
        {
            ["x-queue-type"] = FieldValue.Of("quorum"),
            ["x-max-length"] = FieldValue.Of(1),
            ["x-overflow"] = FieldValue.Of("reject-publish"),
        };
        connection.Send(new QueueDeclare("q", passive: false, durable: true, false, false, noWait: false, arguments));
        Expect(connection, MethodId.QueueDeclareOk);
    }

    // The first is taken, the others are refused; all are answered.
    private void PublishAll(int count)
    {
        for (int left = count; left > 0; left--)
            _client.Writer.AddPublish(1, "", "q", WireClient.Bytes("one"));
        _client.Flush();
        _unanswered.UnionWith(Enumerable.Range(_published + 1, count).Select(static number => (ulong)number));
        _published += count;
        _cluster.Until(
            () =>
            {
                foreach (Received received in _client.Take())
                    Answered(received);
                return _unanswered.Count == 0;
            },
            what: "answers");
    }

    private void Answered(Received received)
    {
        if (received.Method is not (MethodId.BasicAck or MethodId.BasicNack))
            return;
        ulong told = received.Sequence;
        bool isMultiple = received.IsMultiple;
        _unanswered.RemoveWhere(number => isMultiple ? told == 0 || number <= told : number == told);
    }

    private void Expect(SimulatedConnection connection, uint method) => _cluster.Expect(connection, method);
}
