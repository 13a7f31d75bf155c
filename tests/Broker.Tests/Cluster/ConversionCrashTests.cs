using System.Globalization;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Broker.Topology;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// The home of a queue crashes while the queue is given members: what it has stored is there once, in its order,
/// whether it was written anew or not.
/// </summary>
public sealed class ConversionCrashTests
{
    private const int Messages = 30;

    /// <summary>Enough for several queues to share a body.</summary>
    private const int SharedBytes = 6000;

    // delivery_mode 2
    private static readonly byte[] Persistent = [0x10, 0x00, 2];

    private readonly SimulatedCluster _cluster = new(3, mostTurns: 1);
    private readonly Queue<ulong> _delivered = new();

    [Fact]
    public void What_was_stored_is_there_once_whenever_the_home_crashes()
    {
        int taken = 0;
        int left = 0;
        for (int steps = 0; steps < 60; steps += 2)
        {
            var world = new ConversionCrashTests();
            bool isTaken = world.Crashes(steps);
            taken += isTaken ? 1 : 0;
            left += isTaken ? 0 : 1;
        }
        // Else nothing of this was tried.
        Assert.True(taken > 1 && left > 1, $"{taken} times it was taken over before the crash, {left} times not");
    }

    [Fact]
    public void Without_a_crash_all_is_there_and_what_is_held_stays_held()
    {
        Begin();
        SimulatedConnection connection = Connect(_cluster[1]);
        foreach (int expected in (int[])[0, 1, 2])
            Assert.Equal(expected, Get(connection, noAck: false));
        UntilMembers();
        Assert.Equal(Enumerable.Range(3, Messages - 3), Drain());
        connection.Send(new BasicAck(3, multiple: false));
        connection.Send(new BasicNack(2, multiple: false, requeue: true));
        _cluster.Steps(300);
        Assert.Equal([1], Drain());
        connection.Cut();
        _cluster.Steps(300);
        Assert.Equal([0], Drain());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_a_consumer_holds_stays_with_it(int node)
    {
        Begin();
        SimulatedConnection connection = Connect(_cluster[node]);
        connection.Send(new BasicQos(0, 3, global: false));
        connection.Send(WireClient.Consume("q", "c", noAck: false, noWait: true));
        var got = new List<int>();
        _cluster.Until(
            () =>
            {
                got.AddRange(connection.Take().Where(static one => one.Method == MethodId.BasicDeliver)
                    .Select(static one => NumberOf(one)));
                return got.Count == 3;
            },
            what: "deliveries");
        UntilMembers();
        Assert.Equal(Enumerable.Range(3, Messages - 3), Drain());
        Assert.Empty(connection.Take());
        connection.Send(new BasicAck(2, multiple: false));
        _cluster.Steps(300);
        connection.Cut();
        _cluster.Steps(300);
        Assert.Equal([0, 2], Drain());
    }

    [Fact]
    public async Task An_operator_adds_members_to_a_queue_that_lives_on_one_node()
    {
        _cluster.StartAll().UntilServing();
        await _cluster.Done(_cluster[1].Broker!.Operations.DeclareAsync("/", "q", true, false, FieldTable.Empty));
        _cluster.Steps(50);
        var outcomes = new List<MemberChangeOutcome>();
        do
        {
            Task<MemberChangeOutcome> asked = _cluster[3].Broker!.Members.ChangeAsync(
                _cluster[3].Broker!.AllQueues().Single(), _cluster[2].Id, adds: true);
            await _cluster.Done(asked);
            outcomes.Add(await asked);
            _cluster.Steps(20);
        }
        while (outcomes[^1] == MemberChangeOutcome.Begins && outcomes.Count < 200);
        Assert.Equal(
            [MemberChangeOutcome.Begins, MemberChangeOutcome.Done], outcomes.Distinct());
        Assert.Equal(_cluster[1].Id, Queue(1).Members[0]);
    }

    /// <summary>Its rules change while it is taken over, and on a node that hears of all at once.</summary>
    [Fact]
    public void All_members_have_the_rules_of_now()
    {
        for (int steps = 0; steps < 40; steps++)
            new ConversionCrashTests().HasRules(steps);
    }

    private void HasRules(int steps)
    {
        Begin();
        bool isAway = steps % 2 == 1;
        if (isAway)
            _cluster.SetCut(_cluster[3], true);
        _cluster.Steps(steps);
        Task set = _cluster[1].Broker!.Administration.Policies.SetAsync(
            "/", "mirrors", "^q$", Fields.Of(("ha-mode", "all"), ("message-ttl", 600_000)));
        _cluster.Steps(400);
        if (isAway)
            _cluster.SetCut(_cluster[3], false);
        _cluster.Done(set);
        UntilMembers();
        _cluster.Steps(50);
        foreach (SimulatedNode node in _cluster.Nodes)
        {
            var members = (QueueReplication)node.Broker!.Replication!;
            Assert.Equal(600_000, Assert.Single(members.Members).Settings.MessageTtlMs);
        }
    }

    /// <summary>Each of its dead letters comes back to the queue itself, and waits there with all else.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Messages_that_go_round_do_not_hold_it_up(int node)
    {
        for (int steps = 0; steps < 20; steps++)
            new ConversionCrashTests().GoesRound(node, steps);
    }

    private void GoesRound(int node, int steps)
    {
        _cluster.StartAll().UntilServing();
        _cluster.Done(_cluster[1].Broker!.Operations.DeclareAsync(
            "/", "q", true, false, Fields.Of(("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "q"))));
        _cluster.Steps(50);
        SimulatedConnection connection = Connect(_cluster[node]);
        connection.Send(new BasicQos(0, 10, global: false));
        connection.Send(WireClient.Consume("q", "c", noAck: false, noWait: true));
        for (int number = 0; number < Messages; number++)
            connection.Writer.AddPublish(1, "", "q", Encoding.ASCII.GetBytes($"{number}"), Persistent);
        connection.Flush();
        int rounds = 0;
        _cluster.Until(() => (rounds += Reject(connection)) > Messages + steps, what: "rejections");
        Commit(new PolicyEntry("/", NodesFaults.Mirrors(Fields.Of(("ha-mode", "all")), "^q$"), IsOperators: false));
        _cluster.Until(
            () =>
            {
                rounds += Reject(connection);
                return HasMembers();
            },
            what: "three members");
        connection.Cut();
        _cluster.Steps(300);
        Assert.Equal(Enumerable.Range(0, Messages), Drain().Order());
    }

    // One at a time, so that some come whenever it is.
    private int Reject(SimulatedConnection connection)
    {
        foreach (Received received in connection.Take().Where(static one => one.Method == MethodId.BasicDeliver))
            _delivered.Enqueue(received.DeliveryTag);
        if (!_delivered.TryDequeue(out ulong tag))
            return 0;
        connection.Send(new BasicReject(tag, requeue: false));
        return 1;
    }

    // True: the queue had been taken over before.
    private bool Crashes(int steps)
    {
        Begin();
        _cluster.Steps(steps);
        bool isTaken = _cluster[1].Broker!.QueueLinks!.FindLeader(Queue(1).Id.Value) is not null;
        _cluster[1].Crash();
        _cluster.Steps(20);
        _cluster[1].Start();
        _cluster.UntilServing();
        UntilMembers();
        int[] rest = [.. Drain()];
        Assert.Equal(Enumerable.Range(0, Messages).Where(IsPersistent), rest.Where(IsPersistent));
        Assert.Equal(rest.Order(), rest);
        Assert.Equal(rest.Distinct(), rest);
        return isTaken;
    }

    private static bool IsPersistent(int number) => number % 3 > 0;

    private void Begin()
    {
        _cluster.StartAll().UntilServing();
        foreach (string name in (string[])["q", "r"])
        {
            _cluster.Done(_cluster[1].Broker!.Operations.DeclareAsync("/", name, true, false, FieldTable.Empty));
            Commit(new BindingEntry("/", new Binding("amq.fanout", DestinationKind.Queue, name, "", FieldTable.Empty)));
        }
        _cluster.Steps(50);
        SimulatedConnection connection = Connect(_cluster[1]);
        connection.Send(new ConfirmSelect(noWait: true));
        for (int number = 0; number < Messages; number++)
        {
            bool isShared = number % 5 == 4;
            byte[] body = Encoding.ASCII.GetBytes($"{number}".PadRight(isShared ? SharedBytes : 0));
            connection.Writer.AddPublish(
                1, isShared ? "amq.fanout" : "", isShared ? "" : "q", body,
                IsPersistent(number) ? Persistent : default);
        }
        connection.Flush();
        int confirmed = 0;
        _cluster.Until(
            () =>
            {
                foreach (Received received in connection.Take())
                    confirmed = received.IsMultiple ? (int)received.Sequence : confirmed + 1;
                return confirmed >= Messages;
            },
            what: "confirms");
        Commit(new PolicyEntry("/", NodesFaults.Mirrors(Fields.Of(("ha-mode", "all")), "^q$"), IsOperators: false));
    }

    private void Commit(DefinitionsEntry entry)
    {
        SimulatedNode leader = _cluster.Leader!;
        leader.Store.Post(new TurnEvent(() => leader.Store.Commit(entry)));
    }

    private QueueDefinition Queue(int node) => _cluster[node].Broker!.AllQueues().Single(queue => queue.Name == "q");

    private void UntilMembers() => _cluster.Until(HasMembers, what: "three members");

    private bool HasMembers() => _cluster.Nodes.All(node =>
        node.Broker!.QueueLinks!.LeaderBook.MembersOf(Queue(1).Id.Value) is { } told
        && told.Members.Count(static member => member.IsVoter) == 3);

    private List<int> Drain()
    {
        var texts = new List<int>();
        SimulatedConnection connection = Connect(_cluster[2]);
        while (Get(connection, noAck: true) is { } number)
            texts.Add(number);
        connection.Cut();
        return texts;
    }

    private int? Get(SimulatedConnection connection, bool noAck)
    {
        connection.Send(new BasicGet("q", noAck));
        Received[] got = [];
        _cluster.Until(() => (got = [.. connection.Take()]).Length > 0, what: "an answer to a get");
        Received one = Assert.Single(got);
        return one.Method == MethodId.BasicGetEmpty
            ? null
            : NumberOf(one);
    }

    private static int NumberOf(Received message) =>
        int.Parse(Encoding.ASCII.GetString(message.Body), CultureInfo.InvariantCulture);

    private SimulatedConnection Connect(SimulatedNode node)
    {
        SimulatedConnection connection = node.Connect();
        _cluster.Until(
            () => connection.Take().Any(static received => received.Method == MethodId.ChannelOpenOk),
            what: "a channel");
        return connection;
    }
}
