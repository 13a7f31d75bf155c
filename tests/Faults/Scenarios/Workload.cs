using Warren.Amqp;
using Warren.Faults.Clients;
using Warren.Faults.Ledgers;
using Warren.Faults.Nodes;

namespace Warren.Faults.Scenarios;

/// <summary>Durable queues of every kind, and clients that use them in every way.</summary>
internal sealed class Workload
{
    private const string Spread = "spread";
    private const string Passing = "passing";
    private const int Priorities = 4;

    private static readonly QueuePlan[] Plans =
    [
        new("work", new QueueTraits()),
        new("ranked", new QueueTraits())
        {
            Arguments = new FieldTable { ["x-max-priority"] = FieldValue.Of(Priorities) },
        },
        new("quorum", new QueueTraits { IsQuorum = true })
        {
            Arguments = new FieldTable { ["x-queue-type"] = FieldValue.Of("quorum") },
        },
        new("large", new QueueTraits()),
        new("spread.1", new QueueTraits()) { BoundTo = Spread },
        new("spread.2", new QueueTraits()) { BoundTo = Spread },
        new("spread.3", new QueueTraits()) { BoundTo = Spread },
        new("transactions", new QueueTraits()),
        new("rejected", new QueueTraits { DeadLettersTo = "dead" })
        {
            Arguments = new FieldTable
            {
                ["x-dead-letter-exchange"] = FieldValue.Of(""),
                ["x-dead-letter-routing-key"] = FieldValue.Of("dead"),
            },
        },
        // Behind the queue that it gets its messages from, as the ledger wants them read.
        new("dead", new QueueTraits { KeepsOrder = false }),
    ];

    private readonly List<QueuePlan> _plans;

    /// <param name="hasQuorum">
    /// Whether the quorum queue is among them: RabbitMQ 3.10 now and then does not answer basic.get on one after a
    /// kill.
    /// </param>
    public Workload(Ledger ledger, bool hasQuorum)
    {
        _plans = Plans.Where(plan => hasQuorum || !plan.Traits.IsQuorum).ToList();
        Queues = _plans.Select(plan => ledger.Open(plan.Name, plan.Traits)).ToList();
        var few = new MessageKind { TransientPercent = 10 };
        var large = new MessageKind { LeastBytes = 65_000, MostBytes = 400_000 };
        QueueLedger[] spread = [ledger["spread.1"], ledger["spread.2"], ledger["spread.3"]];
        Clients =
        [
            To("work", "publisher with a wide window", 300, few),
            To("work", "publisher with a window of 1", 1, new MessageKind()),
            To("ranked", "publisher with priorities", 100, few with { Priorities = Priorities + 1 }),
            To("large", "publisher of large messages", 5, large),
            new Publisher("publisher to a fan-out", ledger, Spread, "", spread) { Window = 50, Kind = few },
            To("rejected", "publisher of what is rejected", 50, few),
            new TransactionClient("transaction client", ledger, ledger["transactions"]) { Kind = few },
            new Consumer("consumer", ledger, ledger["work"]) { Prefetch = 100 },
            new Consumer("second consumer", ledger, ledger["work"]) { Prefetch = 1, AcksToProve = 5 },
            new Consumer("consumer by priority", ledger, ledger["ranked"]),
            new Consumer("consumer of large messages", ledger, ledger["large"]) { Prefetch = 3, AcksToProve = 3 },
            new Consumer("consumer of a fan-out", ledger, ledger["spread.1"]),
            new Consumer("second consumer of a fan-out", ledger, ledger["spread.2"])
            {
                Prefetch = 2,
                RequeuePercent = 30,
            },
            new Consumer("rejecting consumer", ledger, ledger["rejected"]) { RejectPercent = 60 },
            new Consumer("consumer of dead letters", ledger, ledger["dead"]) { Prefetch = 10 },
            .. hasQuorum
                ? [
                    To("quorum", "publisher to a quorum queue", 100, few),
                    new Consumer("consumer of a quorum queue", ledger, ledger["quorum"]),
                ]
                : Array.Empty<Client>(),
        ];

        Publisher To(string queue, string name, int window, MessageKind kind) =>
            new(name, ledger, "", queue, [ledger[queue]]) { Window = window, Kind = kind };
    }

    /// <summary>Its queues, in the order in which they are to be read.</summary>
    public IReadOnlyList<QueueLedger> Queues { get; }

    /// <summary>Who works with them.</summary>
    public IReadOnlyList<Client> Clients { get; }

    /// <summary>Those who publish and consume nothing.</summary>
    public IReadOnlyList<Client> Publishers => Clients.Where(client => client is Publisher).ToList();

    /// <summary>Declares everything.</summary>
    public async Task DeclareAsync(NodeProcess node)
    {
        await using Session session = await OpenAsync(node);
        session.Output.Add(
            Session.Channel,
            new ExchangeDeclare(Spread, "fanout", false, durable: true, false, false, false, FieldTable.Empty));
        await CallAsync(session, MethodId.ExchangeDeclareOk);
        foreach (QueuePlan plan in _plans)
            await DeclareAsync(session, plan);
        session.Output.Add(
            Session.Channel, new QueueDeclare(Passing, false, durable: false, false, false, false, FieldTable.Empty));
        await CallAsync(session, MethodId.QueueDeclareOk);
    }

    /// <summary>Declares one queue.</summary>
    public static async Task DeclareAsync(NodeProcess node, QueuePlan plan)
    {
        await using Session session = await OpenAsync(node);
        await DeclareAsync(session, plan);
    }

    /// <summary>After a start the durable queues must be there, and the queue that is not durable must not.</summary>
    public async Task CheckDefinitionsAsync(NodeProcess node, Ledger ledger)
    {
        string? refusal = await LookForAsync(node, _plans.Select(plan => plan.Name));
        if (refusal is not null)
            ledger.Found(FindingKind.Definitions, $"a durable queue is gone in life {ledger.Life}: {refusal}");
        if (await LookForAsync(node, [Passing]) is null)
        {
            ledger.Found(
                FindingKind.Definitions,
                $"the queue {Passing}, which is not durable, is there in life {ledger.Life}");
        }
    }

    private static async Task DeclareAsync(Session session, QueuePlan plan)
    {
        session.Output.Add(
            Session.Channel, new QueueDeclare(plan.Name, false, durable: true, false, false, false, plan.Arguments));
        await CallAsync(session, MethodId.QueueDeclareOk);
        if (plan.BoundTo is null)
            return;
        session.Output.Add(Session.Channel, new QueueBind(plan.Name, plan.BoundTo, "", false, FieldTable.Empty));
        await CallAsync(session, MethodId.QueueBindOk);
    }

    /// <summary>Null, or what the broker said of the first queue that is not there.</summary>
    private static async Task<string?> LookForAsync(NodeProcess node, IEnumerable<string> queues)
    {
        await using Session session = await OpenAsync(node);
        try
        {
            foreach (string queue in queues)
            {
                session.Output.Add(
                    Session.Channel,
                    new QueueDeclare(queue, passive: true, false, false, false, false, FieldTable.Empty));
                await CallAsync(session, MethodId.QueueDeclareOk);
            }
            return null;
        }
        catch (FaultException error)
        {
            return error.Message;
        }
    }

    private static async Task<Session> OpenAsync(NodeProcess node) =>
        await Session.OpenAsync(node) ?? throw new FaultException("the node died although nobody killed it");

    private static async Task CallAsync(Session session, uint answer)
    {
        if (await session.CallAsync(answer) is null)
            throw new FaultException("the node died although nobody killed it");
    }
}
