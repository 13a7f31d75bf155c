using System.Globalization;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Broker.Tests.Queues;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Scripted;

/// <summary>
/// Plays a story of queues and consensus together: three nodes whose clock, disks and links are a seed's, and clients
/// with frames. Each command is followed by what came of it, in lines that begin with <c>&gt;</c>; a script passes when
/// that gives back its own text, whatever the seed. Lines that begin with <c>#</c> tell the story. Commands:
/// <code>
/// declare q quorum delivery-limit=2 [auto-delete] [on=2]   other arguments likewise, without their x-
/// policy|operator-policy ha ^q$ ha-mode=all [priority=1]   clear-policy|clear-operator-policy ha
/// lead q 2               the queue is led by node 2 from now on
/// crash 1    start 1     cut 3    mend 3                   leader=q stands for the node that leads a queue
/// await q ready=1 unacked=2 consumers=1 members=3 [stored=2] [everywhere]
///                        until the leader counts so, every member that is up has so many messages, and all that it has
/// gone q                 until no node has the queue
/// wait 500               ms
/// show q
/// client a 2             connects; then, by its name:
/// a publish q m1..m3 [ttl=100] [priority=1] [transient] [within=2000] [unawaited]
/// a verdicts [within=]   of what was not awaited          a deliveries 3       a nothing [ms=500]
/// a works 20             acknowledges what comes until there were so many messages
/// a consume q c [no-ack] [exclusive] [priority=1] [timeout=]
/// a get q [no-ack]       a cancel c                        a qos 5 [global]     a purge q    a delete q
/// a ack|reject|requeue m1 m2                               a told               a cut        a close
/// </code>
/// </summary>
internal sealed class ClusterScript
{
    private readonly SimulatedCluster _cluster;
    private readonly Dictionary<string, ScriptedClient> _clients = [];
    private readonly StringBuilder _written = new();
    private readonly long _begun;

    private ClusterScript(int seed)
    {
        // Who leads is the story's affair.
        _cluster = new SimulatedCluster(
            3, seed: seed, graceMs: 60_000, mostTurns: 100, options: new BrokerOptions { BalancesLeaders = false });
        _begun = _cluster.Time.GetTimestamp();
        _cluster.StartAll().UntilServing();
    }

    /// <summary>The script's text as it ought to be.</summary>
    public static string Play(string text, int seed) => Play(text, seed, out _);

    /// <param name="text">The script.</param>
    /// <param name="seed">What the clock, disks and links are drawn from.</param>
    /// <param name="took">How long it was by the simulated clock; the same each time.</param>
    public static string Play(string text, int seed, out TimeSpan took)
    {
        var script = new ClusterScript(seed);
        foreach (string line in text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith('>'))
                continue;
            script._written.Append(line).Append('\n');
            if (line.Length > 0 && line[0] != '#')
                script.Try(line);
        }
        took = script._cluster.Time.GetElapsedTime(script._begun);
        return script._written.ToString();
    }

    private void Try(string line)
    {
        try
        {
            string first = line.Split(' ')[0];
            if (_clients.TryGetValue(first, out ScriptedClient? client))
                client.Do(new ScriptLine(line[first.Length..]));
            else
                Run(new ScriptLine(line));
        }
        catch (InvalidOperationException error)
        {
            string[] queues = [.. _cluster.Nodes.First(static node => node.IsUp).Broker!.AllQueues()
                .Select(queue => $"{queue.Name}: {Counts(queue.Name)}")];
            throw new InvalidOperationException(
                $"{line}: {error.Message}\n{string.Join('\n', queues)}\nso far:\n{_written}", error);
        }
    }

    private void Run(ScriptLine line)
    {
        switch (line.Verb)
        {
            case "declare":
                Declare(line);
                break;
            case "policy" or "operator-policy":
                SetPolicy(line);
                break;
            case "clear-policy" or "clear-operator-policy":
                Finish(Policies(line).ClearAsync("/", line.Words[0]));
                break;
            case "lead":
                Lead(line.Words[0], NodeOf(line.Words[1]));
                break;
            case "crash":
                Named(line).Crash();
                break;
            case "start":
                Named(line).Start();
                _cluster.Until(() => Named(line).IsServing, what: "its service");
                break;
            case "cut" or "mend":
                _cluster.SetCut(Named(line), isCut: line.Verb == "cut");
                break;
            case "client":
                _clients[line.Words[0]] = new ScriptedClient(
                    _cluster, NodeOf(line.Words[1]), told => _written.Append("> ").Append(told).Append('\n'));
                break;
            case "await":
                Await(line);
                break;
            case "gone":
                _cluster.Until(
                    () => _cluster.Nodes.All(node => !node.IsUp || !node.Has(line.Words[0])), what: "its end");
                break;
            case "wait":
                _cluster.Steps(int.Parse(line.Words[0], CultureInfo.InvariantCulture) / 5);
                break;
            case "show":
                Queue queue = Leader(line.Words[0])
                    ?? throw new InvalidOperationException($"nobody leads '{line.Words[0]}'");
                _written.Append(
                    CultureInfo.InvariantCulture,
                    $"> ready {queue.ReadyCount}, unacked {queue.UnackedCount}, consumers {queue.ConsumerCount}\n");
                break;
            default:
                throw new InvalidOperationException($"Scripts do not know '{line.Verb}'.");
        }
    }

    private void Declare(ScriptLine line)
    {
        bool autoDelete = line.Flag("auto-delete");
        bool isQuorum = line.Words.Contains("quorum");
        string name = line.Words[0];
        FieldTable arguments = FieldsOf(line, "x-", ["on"]);
        arguments["x-queue-type"] = FieldValue.Of(isQuorum ? "quorum" : "classic");
        SimulatedNode node = NodeOf(line.Option("on") ?? "1");
        SimulatedConnection client = _cluster.Connect(node);
        client.Send(new QueueDeclare(
            name, passive: false, durable: true, exclusive: false, autoDelete, noWait: false, arguments));
        _cluster.Expect(client, MethodId.QueueDeclareOk);
        client.Cut();
        _cluster.Until(() => Leader(name) is not null, what: "its first leader");
    }

    private void SetPolicy(ScriptLine line)
    {
        FieldTable definition = FieldsOf(line, "", ["priority"]);
        Finish(Policies(line).SetAsync(
            "/", line.Words[0], line.Words[1], definition, line.Number("priority") ?? 0, "queues"));
    }

    // It ends in a turn, and so at the same step each time: who waited for it beside the steps, in real time, would let
    // more of them pass on a busy machine.
    private void Finish(Task task) => _cluster.Done(task).GetAwaiter().GetResult();

    private PolicyAdministration Policies(ScriptLine line)
    {
        BrokerAdministration all = _cluster.Nodes.First(node => node.IsUp).Broker!.Administration;
        return line.Verb.Contains("operator", StringComparison.Ordinal) ? all.OperatorPolicies : all.Policies;
    }

    // Asked for until it is so: who is not in sync yet cannot take over. Without a task: what goes on beside the steps
    // takes a time that no seed knows.
    private void Lead(string queue, SimulatedNode node)
    {
        for (int times = 0; NodeThatLeads(queue) != node; times++)
        {
            if (times == 50)
                throw new InvalidOperationException($"{node} does not lead");
            Leader(queue)?.Post(QueueCommand.Ask(group =>
            {
                if (group?.View.IsInSync(node.Id) == true)
                    group.TransferLeadership(node.Id);
            }));
            _cluster.Steps(20);
        }
    }

    private void Await(ScriptLine line)
    {
        bool isEverywhere = line.Flag("everywhere");
        string name = line.Words[0];
        _cluster.Until(
            () => Leader(name) is { } queue
                && (line.Number("ready") ?? queue.ReadyCount) == queue.ReadyCount
                && (line.Number("unacked") ?? queue.UnackedCount) == queue.UnackedCount
                && (line.Number("consumers") ?? queue.ConsumerCount) == queue.ConsumerCount
                && (line.Number("members") is not { } members || MembersOf(queue) == members)
                && (line.Number("stored") is not { } stored
                    || Members(name).All(member => member.Replica.Messages.Count == stored))
                && (!isEverywhere || IsEverywhere((ReplicatedQueue)queue)),
            what: "that");
    }

    private bool IsEverywhere(ReplicatedQueue leader) => leader.Consensus!.Commit == leader.Consensus.LastIndex
        && Members(leader.Definition.Name).All(member => member.Consensus!.Applied == leader.Consensus.LastIndex);

    private string Counts(string name) => Leader(name) is not { } queue ? "no leader" : string.Create(
        CultureInfo.InvariantCulture,
        $"ready {queue.ReadyCount}, unacked {queue.UnackedCount}, consumers {queue.ConsumerCount}");

    // Those that vote; a queue without members has none.
    private static int MembersOf(Queue queue) =>
        (queue as ReplicatedQueue)?.Standing?.Members.Count(static member => member.IsVoter) ?? 0;

    private SimulatedNode Named(ScriptLine line) => line.Option("leader") is { } queue
        ? NodeThatLeads(queue) ?? throw new InvalidOperationException($"nobody leads '{queue}'")
        : NodeOf(line.Words[0]);

    private SimulatedNode NodeOf(string number) => _cluster[int.Parse(number, CultureInfo.InvariantCulture)];

    private SimulatedNode? NodeThatLeads(string queue) =>
        _cluster.Nodes.Where(node => Serving(node, queue) is not null).MaxBy(node => TermOf(Serving(node, queue)!));

    private Queue? Leader(string queue) =>
        NodeThatLeads(queue) is { } node ? Serving(node, queue) : null;

    private static long TermOf(Queue queue) => (queue as ReplicatedQueue)?.Consensus?.Term.Value ?? 0;

    // The queue itself, if it is served by the node.
    private static Queue? Serving(SimulatedNode node, string name)
    {
        if (!node.IsUp || Definition(node, name) is not { } definition)
            return null;
        if (!definition.IsReplicated)
            return definition.Home as Queue;
        return Member(node, definition) is { IsServing: true } member ? member : null;
    }

    private IEnumerable<ReplicatedQueue> Members(string name) => _cluster.Nodes
        .Where(static node => node.IsUp)
        .Select(node => Definition(node, name) is { } definition ? Member(node, definition) : null)
        .OfType<ReplicatedQueue>();

    private static ReplicatedQueue? Member(SimulatedNode node, QueueDefinition definition) =>
        ((QueueReplication)node.Broker!.Replication!).Find(definition.Id);

    private static QueueDefinition? Definition(SimulatedNode node, string name) =>
        node.Broker!.AllQueues().SingleOrDefault(queue => queue.Name == name);

    private static FieldTable FieldsOf(ScriptLine line, string prefix, string[] others) => Fields.Of([
        .. line.Options
            .Where(option => !others.Contains(option.Key))
            .Select(option => (prefix + option.Key, ValueOf(option.Value)))]);

    private static object ValueOf(string text)
    {
        if (long.TryParse(text, CultureInfo.InvariantCulture, out long number))
            return number;
        if (bool.TryParse(text, out bool flag))
            return flag;
        return text.Contains('@', StringComparison.Ordinal) ? text.Split(',').ToArray<object?>() : text;
    }
}
