using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// A single active consumer whose queue is given members: it stays the active one, on whichever node its client is.
/// </summary>
public sealed class SingleActiveConversionTests
{
    private readonly SimulatedCluster _cluster = new(3, mostTurns: 1);

    /// <summary>
    /// It has not come first, so that its place says nothing, and holds nothing, so that no claim says who it is.
    /// </summary>
    /// <param name="activeOn">The node of its client; the queue's is 1.</param>
    /// <param name="otherOn">That of one that waits.</param>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    public void Who_is_the_active_one_stays_it(int activeOn, int otherOn)
    {
        _cluster.StartAll().UntilServing();
        _cluster.Done(_cluster[1].Broker!.Operations.DeclareAsync(
            "/", "q", true, false, Fields.Of(("x-single-active-consumer", true))));
        SimulatedConnection first = Consume(3, "first", priority: 0);
        SimulatedConnection other = Consume(otherOn, "other", priority: 0);
        SimulatedConnection active = Consume(activeOn, "active", priority: 10);
        first.Send(new BasicCancel("first", noWait: false));
        UntilAnswered(first, MethodId.BasicCancelOk);
        Assert.Same(active, WhoGets("before", active, other));
        GiveMembers();
        Assert.Same(active, WhoGets("after", active, other));
        active.Cut();
        Assert.Same(other, WhoGets("the end", active, other));
    }

    private void GiveMembers()
    {
        SimulatedNode leader = _cluster.Leader!;
        leader.Store.Post(new TurnEvent(() => leader.Store.Commit(
            new PolicyEntry("/", NodesFaults.Mirrors(Fields.Of(("ha-mode", "all")), "^q$"), IsOperators: false))));
        long queue = _cluster[1].Broker!.AllQueues().Single().Id.Value;
        _cluster.Until(
            () => _cluster.Nodes.All(node => node.Broker!.QueueLinks!.LeaderBook.MembersOf(queue) is { } told
                && told.Members.Count(static member => member.IsVoter) == 3),
            what: "three members");
    }

    private SimulatedConnection Consume(int node, string tag, int priority)
    {
        SimulatedConnection client = _cluster[node].Connect();
        client.Send(new BasicConsume(
            "q", tag, noLocal: false, noAck: true, exclusive: false, noWait: false,
            Fields.Of(("x-priority", priority))));
        UntilAnswered(client, MethodId.BasicConsumeOk);
        return client;
    }

    private void UntilAnswered(SimulatedConnection client, uint method) =>
        _cluster.Until(() => client.Take().Any(one => one.Method == method), what: "an answer");

    private SimulatedConnection WhoGets(string body, params SimulatedConnection[] clients)
    {
        SimulatedConnection publisher = _cluster[2].Connect();
        publisher.Writer.AddPublish(
            1, "", "q", WireClient.Bytes(body), new BasicProperties { DeliveryMode = 2 }.ToArray());
        publisher.Flush();
        SimulatedConnection? found = null;
        _cluster.Until(
            () => (found = Array.Find(
                clients, client => client.Take().Any(static one => one.Method == MethodId.BasicDeliver))) is not null,
            what: $"a delivery of '{body}'");
        return found!;
    }
}
