using Warren.Amqp;
using Warren.Faults.Hosts;
using Warren.Faults.Ledgers;
using Warren.Wire;

namespace Warren.Faults.Clusters;

/// <summary>
/// Publishes to one queue through one node, message after message with a window of confirms, and knows the longest time
/// without one. If it loses its node it goes to the next one, as somebody else: only within one connection is there an
/// order.
/// </summary>
/// <param name="hosts">Where it may be; it begins with the first.</param>
internal sealed class SteadyPublisher(
    IReadOnlyList<Host> hosts, SharedQueue queue, SharedSources sources, ClientLosses losses)
{
    private long _nacked;
    private int _at;

    /// <summary>How many messages wait for their confirm at once.</summary>
    public int Window { get; init; } = 50;

    /// <summary>How long it rests when it has got a confirm; null: not at all.</summary>
    public TimeSpan? Rest { get; init; }

    public SharedQueue Queue => queue;

    /// <summary>Where it is.</summary>
    public Host Host => hosts[Volatile.Read(ref _at)];

    /// <summary>Publishes that were refused.</summary>
    public long Nacked => Interlocked.Read(ref _nacked);

    /// <summary>What was confirmed, when.</summary>
    public ConfirmTimes Confirms { get; } = new();

    /// <summary>Goes on until it is told to end; then all that was sent is answered.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            Host host = Host;
            bool isConnected = false;
            try
            {
                await using WireClient client = await ClusterLoad.OpenAsync(host);
                await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
                isConnected = true;
                await PublishAsync(client, host, end);
            }
            catch (Exception error) when (Declarer.IsTurnedAway(error))
            {
                if (isConnected)
                    losses.Lost(host, $"a publisher to {queue.Name}", error.Message);
                else
                    losses.TurnedAway(host, $"a publisher to {queue.Name}", error.Message);
            }
            Volatile.Write(ref _at, (_at + 1) % hosts.Count);
            if (!end.IsCancellationRequested)
                await Task.Delay(10, CancellationToken.None);
        }
    }

    private async Task PublishAsync(WireClient client, Host host, CancellationToken end)
    {
        int source = sources.Next();
        ulong sent = 0;
        ulong answered = 0;
        bool isFirst = true;
        try
        {
            while (!end.IsCancellationRequested || answered < sent)
            {
                for (; sent - answered < (ulong)Window && !end.IsCancellationRequested; sent++)
                {
                    var message = new Message(new MessageId(source, (long)sent + 1), 1024, IsPersistent: true);
                    queue.Publishing(message);
                    client.AddPublish(1, "", queue.Name, message.Body(), message.Properties());
                }
                await client.FlushAsync();
                Received answer = await Answers.WithinAsync(
                    client.NextAsync(), host.Name, $"publishes to {queue.Name}", () => host.Log);
                // Confirms come once it may go on.
                if (answer.Method is MethodId.ConnectionBlocked or MethodId.ConnectionUnblocked)
                    continue;
                if (answer.Method == MethodId.ConnectionClose || ReferenceEquals(answer, Received.End))
                {
                    losses.Lost(host, $"a publisher to {queue.Name}", ClientLosses.Why(answer));
                    return;
                }
                if (answer.Method is not (MethodId.BasicAck or MethodId.BasicNack))
                {
                    throw new FaultException(
                        $"{host.Name} answers publishes to {queue.Name} with {answer}\n{host.Log}");
                }
                ulong from = answer.IsMultiple ? answered + 1 : answer.Sequence;
                bool isAck = answer.Method == MethodId.BasicAck;
                for (ulong number = from; number <= answer.Sequence; number++, answered++, isFirst = false)
                    Settle(new MessageId(source, (long)number), isAck, isFirst);
                if (Rest is { } rest)
                    await Task.Delay(rest, CancellationToken.None);
            }
        }
        finally
        {
            for (; answered < sent; answered++)
                queue.Refuse();
        }
    }

    private void Settle(MessageId id, bool isAck, bool isFirst)
    {
        if (!isAck)
        {
            Interlocked.Increment(ref _nacked);
            queue.Refuse();
            return;
        }
        queue.Confirm(id);
        Confirms.Add(TimeProvider.System.GetTimestamp(), isFirst);
    }
}
