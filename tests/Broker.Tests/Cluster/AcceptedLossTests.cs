using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Topology;
using Warren.Cluster.Consensus;
using Warren.Cluster.Incidents;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>A node that goes on without the others, and whose member of a replicated queue is damaged.</summary>
public sealed class AcceptedLossTests
{
    private const int Messages = 30;

    private readonly SimulatedCluster _cluster = new(3, mostTurns: 100);
    private readonly SimulatedNode _node;

    public AcceptedLossTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _node = _cluster[1];
    }

    /// <summary>
    /// The others have brought it its definitions again, and not yet its queue, when they are lost as well.
    /// </summary>
    /// <param name="everyBytes">So far apart bits are flipped.</param>
    /// <param name="hasSome">Something of the queue is left.</param>
    [Theory]
    [InlineData(100, true)]
    [InlineData(8, false)]
    public void It_waits_until_an_operator_says_that_nobody_comes(int everyBytes, bool hasSome)
    {
        Publish();
        _node.Crash();
        _node.IsDamaged = true;
        for (long offset = 600; offset < 64 * 1024; offset += everyBytes)
            _node.Disk.FlipBit("log/0000000001.seg", offset, 1);
        _node.Start();
        Task serving = _node.Broker!.Cluster.WhenServing;
        _cluster.Until(() => serving.IsCompleted, what: "what was lost");
        _cluster.Until(() => _node.Store.Group.Applied >= _cluster.Leader!.Store.Group.Commit, what: "the rest");
        _cluster.Steps(500);
        foreach (SimulatedNode node in _cluster.Nodes)
            node.Crash();

        _node.BeginsAlone = true;
        _node.Start();
        _cluster.UntilServing(1);
        _cluster.Steps(2000);
        Assert.Equal(Soundness.NeedsSnapshot, SoundnessOf("r"));
        Assert.Equal(hasSome, _node.Incidents.Exists(static one => one.Kind == IncidentKind.DamagedMember
            && one.What.StartsWith("replicated queue 'r' in vhost '/': this member", StringComparison.Ordinal)));
        Assert.DoesNotContain(_node.Incidents, static one => one.Kind == IncidentKind.AcceptedLoss);

        _node.Crash();
        _node.AcceptsLoss = true;
        _node.Start();
        _cluster.UntilServing(1);
        int[] left = Drain(consumes: false);
        Assert.Equal(left.Order(), left);
        Assert.InRange(left.Length, hasSome ? 1 : 0, hasSome ? Messages - 1 : 0);
        Incident accepted = Assert.Single(_node.Incidents, static one => one.Kind == IncidentKind.AcceptedLoss);
        Assert.Contains("by 'force_boot --accept-loss'", accepted.What, StringComparison.Ordinal);
        Assert.Contains(_node.Lines, line => line.Contains("by 'force_boot --accept-loss'", StringComparison.Ordinal));

        // From then on it is a queue as any other.
        _node.BeginsAlone = _node.AcceptsLoss = false;
        _node.Crash();
        _node.Start();
        _cluster.UntilServing(1);
        Assert.Equal(left, Drain(consumes: true));
    }

    private void Publish()
    {
        SimulatedConnection client = _cluster.Connect(_node);
        var arguments = new FieldTable { ["x-queue-type"] = FieldValue.Of("quorum") };
        client.Send(new QueueDeclare("r", passive: false, durable: true, false, false, noWait: false, arguments));
        Expect(client, MethodId.QueueDeclareOk);
        client.Send(new ConfirmSelect(false));
        Expect(client, MethodId.ConfirmSelectOk);
        for (int number = 0; number < Messages; number++)
        {
            client.Writer.AddPublish(
                1, "", "r", WireClient.Bytes($"{number:00}"), new BasicProperties { DeliveryMode = 2 }.ToArray());
            client.Flush();
            Expect(client, MethodId.BasicAck);
        }
        _cluster.Steps(200);
    }

    private int[] Drain(bool consumes)
    {
        _cluster.Until(() => SoundnessOf("r") == Soundness.Sound, what: "the queue");
        SimulatedConnection client = _cluster.Connect(_node);
        var numbers = new List<int>();
        while (true)
        {
            client.Send(new BasicGet("r", noAck: consumes));
            Received? answer = null;
            _cluster.Until(() => (answer = client.Take().FirstOrDefault()) is not null, what: "a message");
            if (answer!.Method == MethodId.BasicGetEmpty)
                break;
            numbers.Add(int.Parse(
                System.Text.Encoding.UTF8.GetString(answer.Body!), System.Globalization.CultureInfo.InvariantCulture));
        }
        return [.. numbers];
    }

    private Soundness? SoundnessOf(string queue)
    {
        if (!_node.Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
            || !vhost.Queues.TryGetValue(queue, out QueueDefinition? found))
            return null;
        return _node.Broker.Replication!.Find(found.Id)?.Consensus?.Soundness;
    }

    private void Expect(SimulatedConnection connection, uint method) => _cluster.Until(
        () => connection.Take().Exists(received => received.Method == method), mostSteps: 2000, what: $"{method:x}");
}
