using Warren.Faults.Clients;
using Warren.Faults.Ledgers;
using Warren.Faults.Nodes;

namespace Warren.Faults.Scenarios;

/// <summary>A node with a workload and its ledger: the steps that scenarios are made of.</summary>
internal sealed class TestedNode(NodeProcess node, Ledger ledger, int seed)
{
    private readonly QueueReader _reader = new(ledger);
    private int _loads;

    /// <summary>The process.</summary>
    public NodeProcess Process => node;

    /// <summary>What must be there.</summary>
    public Ledger Ledger => ledger;

    /// <summary>Who works with it.</summary>
    public Workload Workload { get; } = new(ledger, hasQuorum: node is not RabbitNode);

    /// <summary>What the scenario itself decides by.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>The first start, with nothing there.</summary>
    public async Task BeginAsync()
    {
        await node.StartAsync();
        await Workload.DeclareAsync(node);
    }

    /// <summary>
    /// Lets clients work until so many messages are confirmed and then ends the node's life; they read to the end of
    /// what it sent.
    /// </summary>
    public async Task LoadAsync(IReadOnlyList<Client> clients, int confirms, Func<Task> end)
    {
        _loads++;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long last = ledger.Tally.Confirmed + confirms;
        ledger.OnConfirmed = () =>
        {
            if (ledger.Tally.Confirmed >= last)
                enough.TrySetResult();
        };
        Task[] working = clients.Select(StartWork).ToArray();
        Task first = await Task.WhenAny([.. working, enough.Task]);
        if (first == enough.Task)
            await end();
        else
            node.Kill();
        await Task.WhenAll(working);
        if (first != enough.Task)
            throw new FaultException("a client's connection ended although the node was to go on");
        ledger.Ended();
        ThrowIfFound("while it ran");

        Task StartWork(Client client, int index)
        {
            var random = new Random(unchecked((seed * 1_000_003) + (_loads * 1009) + index));
            return Task.Run(() => client.WorkAsync(node, random));
        }
    }

    /// <summary>
    /// Starts it again and has the ledger judge some queues; the result is how many messages they had.
    /// </summary>
    /// <param name="takes">Whether the messages are acked, with proof, or given back.</param>
    public async Task<int> StartAndReadAsync(IReadOnlyList<QueueLedger> queues, bool takes)
    {
        await node.StartAsync();
        await Workload.CheckDefinitionsAsync(node, ledger);
        ThrowIfFound("after the start");
        int found = 0;
        foreach (QueueLedger queue in queues)
            found += await _reader.ReadAsync(node, queue, takes);
        ThrowIfFound("after the start");
        return found;
    }

    /// <summary>Runs a scenario; what goes wrong in it gets the seed, the findings and what the node printed.</summary>
    public async Task RunAsync(string name, Func<Task> scenario, Func<string> where)
    {
        try
        {
            await scenario();
        }
        catch (FaultException error)
        {
            node.KeepsDirectory = true;
            throw new FaultException(
                $"{name}: seed {seed}, {where()}: {error.Message}: {ledger.Findings.Count} findings{ledger.Findings}\n"
                + $"the node's files are left in {node.Root}; it printed:\n{node.Printed}");
        }
    }

    private void ThrowIfFound(string when)
    {
        if (ledger.Findings.Count > 0)
            throw new FaultException(when);
    }
}
