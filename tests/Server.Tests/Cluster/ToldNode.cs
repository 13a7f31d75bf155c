using System.Collections.Concurrent;
using Warren.Amqp;
using Warren.Broker;
using Warren.Broker.Definitions;
using Warren.Broker.Queues;
using Warren.Cluster.Links;
using Warren.Server.Configuration;
using Warren.Server.Control;
using Warren.Storage.Disk;
using NodeLog = Warren.Server.Logging.NodeLog;

namespace Warren.Server.Tests.Cluster;

/// <summary>
/// A node in a process of its own, as the server is, that is told by lines on its standard input whom it shares a
/// cluster with. Each line is answered by one that begins with a star.
/// </summary>
internal static class ToldNode
{
    private static readonly ConcurrentDictionary<string, bool> Refused = new();

    private static readonly Queue<Task<string>> Begun = new();

    public static async Task<int> RunAsync(TextReader input, TextWriter output)
    {
        try
        {
            NodeOptions options = NodeConfiguration.Load();
            using NodeLog log = NodeLog.Start(options.Log, TimeProvider.System, output);
            var seams = new NodeSeams(TimeProvider.System, new Random(1), Environment.FailFast)
            {
                OpenDisk = directory => new HookedDisk(new FileDisk(directory), Refuse),
            };
            await using var host = new NodeHost(options, seams, log);
            await using ControlEndpoint control = ControlEndpoint.Start(host);
            Task starting = host.StartAppAsync();
            // One that waits for an operator is told something else.
            while (!starting.IsCompleted && host.Cluster?.AwaitsOperator is null)
                await Task.Delay(10);
            if (starting.IsCompleted)
                await starting;
            Answer(output, host.Cluster!.Member is { } member ? $"{member.Identity.Node}" : "alone");
            while (await input.ReadLineAsync() is { } line)
                Answer(output, await ObeyAsync(host, line.Split(' ')));
            return 0;
        }
        catch (ConfigurationException error)
        {
            await Console.Error.WriteLineAsync($"The node cannot start: {error.Message}");
            return 1;
        }
    }

    private static void Refuse(string path)
    {
        if (Refused.ContainsKey(path))
            throw new DiskException($"Cannot write {path}: No space left on device", DiskFailure.NoSpace);
    }

    private static async Task<string> ObeyAsync(NodeHost host, string[] words)
    {
        switch (words)
        {
            case ["join", var name]:
                return await ChangeAsync(host, changes => changes.JoinAsync(name, force: false));
            case ["only_join", var name]:
                await host.StopAppAsync();
                return await AttemptAsync(() => new ClusterChanges(host).JoinAsync(name, force: false));
            case ["only_reset"]:
                return await AttemptAsync(() => new ClusterChanges(host).ResetAsync(force: false));
            case ["only_force_reset"]:
                return await AttemptAsync(() => new ClusterChanges(host).ResetAsync(force: true));
            case ["reset"]:
                return await ChangeAsync(host, changes => changes.ResetAsync(force: false));
            case ["force_reset"]:
                return await ChangeAsync(host, changes => changes.ResetAsync(force: true));
            case ["forget", var name]:
                return await AttemptAsync(() => new ClusterCommands(host).ForgetAsync(name));
            case ["force_boot", .. var dead]:
                await host.StopAppAsync();
                return await AttemptAsync(
                    async () => Report(host, await new ClusterCommands(host).ForceBootAsync(dead)));
            case ["force_boot_accepting_loss"]:
                await host.StopAppAsync();
                return await AttemptAsync(
                    async () => Report(host, await new ClusterCommands(host).ForceBootAsync([], acceptsLoss: true)));
            case ["refuse", var path]:
                Refused[path] = true;
                return "done";
            case ["refuse_nothing"]:
                Refused.Clear();
                return "done";
            case ["add_vhost", var name]:
                await host.Node!.Broker.Administration.Vhosts.AddAsync(name);
                return "done";
            case ["vhosts"]:
                return string.Join(' ', host.Node!.Broker.Administration.Vhosts.List().Select(vhost => vhost.Name));
            case ["declare", var name]:
                await host.Node!.Broker.Operations.DeclareAsync("/", name, true, false, FieldTable.Empty);
                return "done";
            case ["declare_quorum", var name]:
                return await DeclareAsync(host, name, "x-queue-type", "quorum");
            case ["declare_emptiest", var name]:
                return await DeclareAsync(host, name, "x-queue-master-locator", "min-masters");
            case ["begin", .. var later]:
                Begun.Enqueue(ObeyAsync(host, later));
                return "begun";
            case ["end"]:
                return await Begun.Dequeue();
            case ["queues"]:
                return string.Join(
                    ' ', host.Node!.Broker.AllQueues().Select(queue => queue.Name).Order(StringComparer.Ordinal));
            case ["serves"]:
                await host.Node!.Serving;
                return "done";
            case ["waiting"]:
                return host.Cluster!.Waiting ?? "";
            case ["stop_app"]:
                await host.StopAppAsync();
                return "done";
            case ["start_app"]:
                return await AttemptAsync(() => host.StartAppAsync());
            default:
                return Obey(host, words);
        }
    }

    private static async Task<string> DeclareAsync(NodeHost host, string queue, string argument, string value)
    {
        var arguments = new FieldTable { [argument] = FieldValue.Of(value) };
        await host.Node!.Broker.Operations.DeclareAsync("/", queue, true, false, arguments);
        return "done";
    }

    // What it has done when it answers.
    private static string Obey(NodeHost host, string[] words)
    {
        switch (words)
        {
            case ["suspend_listeners"]:
                host.Node!.SuspendListeners();
                return "done";
            case ["resume_listeners"]:
                host.Node!.ResumeListeners();
                return "done";
            case ["lose_definitions"]:
                DefinitionsStore store = host.Node!.Broker.Definitions;
                store.Post(new TurnEvent(() => store.Group.BecomeUnsound("a test")));
                return "done";
            case ["damage", var name]:
                QueueDefinition queue = host.Node!.Broker.AllQueues().Single(queue => queue.Name == name);
                host.Node!.Broker.Replication!.Find(queue.Id)!.Post(
                    QueueCommand.Ask(static group => group!.BecomeUnsound("a test")));
                return "done";
            case ["incidents"]:
                return string.Join(' ', host.Incidents.Read().Select(static row => row.Kind));
            default:
                return string.Join(';', host.Cluster!.Status().Select(One));
        }
    }

    private static void Report(NodeHost host, IReadOnlyList<string> lines)
    {
        foreach (string line in lines)
            host.Log.Write(LogLevel.Info, LogCategory.Default, $"reported: {line}");
    }

    // Answered with who it is now, or why not.
    private static async Task<string> ChangeAsync(NodeHost host, Func<ClusterChanges, Task> change)
    {
        await host.StopAppAsync();
        string refused = await AttemptAsync(() => change(new ClusterChanges(host)));
        await host.StartAppAsync();
        await host.Node!.Serving;
        return refused == "done" ? $"{host.Cluster!.Member!.Identity.Node}" : refused;
    }

    private static async Task<string> AttemptAsync(Func<Task> act)
    {
        try
        {
            await act();
            return "done";
        }
        catch (Exception refusal) when (refusal is ControlRefusalException or ConfigurationException)
        {
            return $"refused: {refusal.Message}";
        }
    }

    private static string One(PeerStatus peer) =>
        $"{peer.Name}={(peer.IsUp ? "up" : $"down, {peer.Refusal}: {peer.Reason}")}";

    private static void Answer(TextWriter output, string line)
    {
        lock (output)
        {
            output.WriteLine($"* {line}");
            output.Flush();
        }
    }
}
