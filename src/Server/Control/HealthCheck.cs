using System.Net;
using System.Net.Sockets;
using Warren.Broker;
using Warren.Broker.Queues;
using Warren.Server.Listeners;

namespace Warren.Server.Control;

/// <summary>What <c>node_health_check</c> looks at: alarms, listeners, queues. Nothing here waits long.</summary>
internal static class HealthCheck
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan QueuePatience = TimeSpan.FromSeconds(15);

    /// <summary>What is wrong, a sentence each.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(Node node, CancellationToken cancellation)
    {
        var failures = new List<string>();
        MessageBroker broker = node.Broker;
        if (broker.Alarms.Reason is { } reason)
            failures.Add($"resource alarm(s) in effect: publishers are blocked, {reason}");
        foreach (AmqpListener listener in node.Listeners)
        {
            if (!await AcceptsAsync(listener, cancellation).ConfigureAwait(false))
                failures.Add($"the listener on {listener.LocalEndPoint} does not accept connections");
        }
        foreach (QueueDefinition queue in await UnresponsiveAsync(
            broker, broker.AllQueues().Where(queue => queue.IsHere), QueuePatience, cancellation).ConfigureAwait(false))
            failures.Add($"queue '{queue.Name}' in vhost '{queue.Vhost}' does not answer");
        return failures;
    }

    /// <summary>Whether a connection can be made. The listener sees one that says nothing and goes.</summary>
    public static async Task<bool> AcceptsAsync(AmqpListener listener, CancellationToken cancellation)
    {
        IPAddress address = listener.LocalEndPoint.Address;
        if (address.Equals(IPAddress.Any))
            address = IPAddress.Loopback;
        else if (address.Equals(IPAddress.IPv6Any))
            address = IPAddress.IPv6Loopback;
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(ConnectPatience);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, listener.LocalEndPoint.Port), patience.Token)
                .ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The queues whose turn does not answer in time; all are asked at once.</summary>
    public static async Task<IReadOnlyList<QueueDefinition>> UnresponsiveAsync(
        MessageBroker broker, IEnumerable<QueueDefinition> queues, TimeSpan patience, CancellationToken cancellation)
    {
        (QueueDefinition Queue, Task<bool> Answers)[] asked =
            [.. queues.Select(queue => (queue, broker.Operations.AnswersAsync(queue, patience)))];
        await Task.WhenAll(asked.Select(one => one.Answers)).WaitAsync(cancellation).ConfigureAwait(false);
        return [.. asked.Where(one => !one.Answers.Result).Select(one => one.Queue)];
    }
}
