using Warren.Faults.Clients;
using Warren.Faults.Ledgers;
using Warren.Faults.Nodes;

namespace Warren.Faults.Scenarios;

/// <summary>
/// The node's data lies on a small file system that fills up: once down to the limit of the disk alarm, once to the
/// last byte. Publishers are blocked, consumers are served, the node is killed while it is full and starts again,
/// nothing that was confirmed is lost, and once consumers have made room publishing goes on. Nobody frees anything but
/// the consumers.
/// </summary>
internal sealed class FullScenario
{
    private const int Mebibytes = 64;

    /// <summary>More of the log's own segments fit, and less of the limit is for them.</summary>
    private const int LargerMebibytes = 168;

    private const int Consumed = 50;
    private const string Name = "filled";

    private readonly NodeProcess _node;
    private readonly Ledger _ledger;
    private readonly QueueLedger _queue;
    private readonly SmallFileSystem _files;
    private readonly int _mebibytes;
    private readonly int _seed;
    private readonly Action<string> _report;
    private string _step = "";

    private FullScenario(
        NodeProcess node, SmallFileSystem files, int mebibytes, int seed, Action<string> report)
    {
        _mebibytes = mebibytes;
        _node = node;
        _files = files;
        _seed = seed;
        _report = report;
        _ledger = new Ledger(new Guarantees());
        _queue = _ledger.Open(Name, new QueueTraits());
    }

    /// <summary>Runs it, with and without a limit; null, or why it cannot be run here.</summary>
    /// <exception cref="FaultException">Something was wrong.</exception>
    public static async Task<string?> RunAsync(int seed, Action<string> report) =>
        await RunAsync(Mebibytes, "16MB", seed, report)
        ?? await RunAsync(Mebibytes, "0", seed, report)
        ?? await RunAsync(LargerMebibytes, "48MB", seed, report);

    private static async Task<string?> RunAsync(int mebibytes, string limit, int seed, Action<string> report)
    {
        string directory = Directory.CreateTempSubdirectory("warren-faults-full-").FullName;
        string data = Path.Combine(directory, "data");
        try
        {
            using SmallFileSystem? files = SmallFileSystem.Mount(data, mebibytes, out string reason);
            if (files is null)
                return $"no file system can be mounted here, so none can be filled: {reason}";
            using var node = new WarrenNode($"disk_free_limit.absolute = {limit}\n", directory);
            report($"full: {mebibytes} MiB, disk_free_limit.absolute = {limit}, seed {seed}");
            await new FullScenario(node, files, mebibytes, seed, report).RunAsync();
            return null;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await _node.StartAsync();
            await Workload.DeclareAsync(_node, new QueuePlan(Name, new QueueTraits()));
            await FillAsync();
            await ConsumeWhileFullAsync();
            await KillWhileFullAsync();
            await MakeRoomAsync();
            await StopAsync();
        }
        catch (Exception error) when (error is FaultException or TimeoutException)
        {
            throw new FaultException(
                $"full: seed {_seed}, {_step}: {error.Message}: {_ledger.Findings.Count} findings{_ledger.Findings}\n"
                + $"{_files.FreeBytes} bytes were free; the node printed:\n{_node.Printed}{_node.Log}");
        }
    }

    private async Task FillAsync()
    {
        Begin("publishing until it is full");
        long mostBytes = 3L * _mebibytes * 1024 * 1024;
        var publisher = new FillingPublisher("publisher", _ledger, _queue, mostBytes);
        await publisher.WorkAsync(_node, new Random(_seed));
        if (publisher.BlockedReason is not { } reason)
            throw new FaultException($"{mostBytes} bytes were taken and publishers were not blocked");
        End($"blocked with \"{reason}\" after {_ledger.Tally.Confirmed} confirms, {_files.FreeBytes} bytes free");
    }

    private async Task ConsumeWhileFullAsync()
    {
        Begin("consuming while it is full");
        var consumer = new QueueReader(_ledger);
        int came = await consumer.TakeSomeAsync(_node, _queue, Consumed);
        if (came < Consumed)
            throw new FaultException($"{came} of {Consumed} messages came");
        End($"{came} messages acked");
    }

    private async Task KillWhileFullAsync()
    {
        Begin("killing it while it is full");
        _node.Kill();
        _ledger.Ended();
        await _node.StartAsync();
        int found = await new QueueReader(_ledger).ReadAsync(_node, _queue, takes: false);
        End($"started in {_node.StartTime.TotalMilliseconds:F0} ms with {found} messages");
    }

    private async Task MakeRoomAsync()
    {
        Begin("consuming everything, then publishing");
        int found = await new QueueReader(_ledger).ReadAsync(_node, _queue, takes: true);
        var publisher = new FillingPublisher("publisher after that", _ledger, _queue, _mebibytes * 1024L * 1024 / 10);
        await publisher.WorkAsync(_node, new Random(_seed + 1));
        if (publisher.BlockedReason is { } reason)
            throw new FaultException($"publishers were blocked again: \"{reason}\"");
        End($"{found} messages taken, {_ledger.Tally.Confirmed} confirmed in all, {_files.FreeBytes} bytes free");
    }

    private async Task StopAsync()
    {
        Begin("stopping and starting it");
        int code = await _node.StopAsync();
        if (code != 0)
            throw new FaultException($"the node ended with {code} when it was asked to stop");
        _ledger.Ended();
        await _node.StartAsync();
        int found = await new QueueReader(_ledger).ReadAsync(_node, _queue, takes: true);
        End($"{found} messages found");
    }

    private void Begin(string step) => _step = step;

    private void End(string result)
    {
        if (_ledger.Findings.Count > 0)
            throw new FaultException("wrong messages");
        _report($"full: {_step}: {result}");
    }
}
