using Warren.Amqp;
using Warren.Faults.Hosts;
using Warren.Faults.Ledgers;
using Warren.Wire;

namespace Warren.Faults.Clusters;

/// <summary>
/// Publishes to one queue through one node, message after message with a window of confirms, and knows the longest time
/// without one.
/// </summary>
internal sealed class SteadyPublisher(Host host, SharedQueue queue, int source)
{
    private const int Window = 50;

    private readonly Lock _lock = new();
    private readonly List<long> _confirmed = [];
    private long _nacked;

    /// <summary>Publishes that were refused.</summary>
    public long Nacked => Interlocked.Read(ref _nacked);

    /// <summary>How many are confirmed.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _confirmed.Count;
        }
    }

    /// <summary>The longest time between two confirms, of which the later came after a moment.</summary>
    /// <param name="after">See <see cref="TimeProvider.GetTimestamp"/>.</param>
    public TimeSpan LongestGap(long after)
    {
        lock (_lock)
        {
            TimeSpan longest = default;
            for (int at = 1; at < _confirmed.Count; at++)
            {
                if (_confirmed[at] < after)
                    continue;
                TimeSpan gap = TimeProvider.System.GetElapsedTime(_confirmed[at - 1], _confirmed[at]);
                longest = gap > longest ? gap : longest;
            }
            return longest;
        }
    }

    /// <summary>Goes on until it is told to end; then all that was sent is answered.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        await using WireClient client = await ClusterLoad.OpenAsync(host);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        ulong sent = 0;
        ulong answered = 0;
        while (!end.IsCancellationRequested || answered < sent)
        {
            for (; sent - answered < Window && !end.IsCancellationRequested; sent++)
            {
                var message = new Message(new MessageId(source, (long)sent + 1), 1024, IsPersistent: true);
                queue.Publishing(message);
                client.AddPublish(1, "", queue.Name, message.Body(), message.Properties());
            }
            await client.FlushAsync();
            Received answer = await Answers.WithinAsync(
                client.NextAsync(), host.Name, $"publishes to {queue.Name}", () => host.Log);
            if (answer.Method is not (MethodId.BasicAck or MethodId.BasicNack))
                throw new FaultException($"{host.Name} answers publishes to {queue.Name} with {answer}\n{host.Log}");
            ulong from = answer.IsMultiple ? answered + 1 : answer.Sequence;
            bool isAck = answer.Method == MethodId.BasicAck;
            for (ulong number = from; number <= answer.Sequence; number++, answered++)
                Settle(number, isAck);
        }
    }

    private void Settle(ulong number, bool isAck)
    {
        if (!isAck)
        {
            Interlocked.Increment(ref _nacked);
            queue.Refuse();
            return;
        }
        queue.Confirm(new MessageId(source, (long)number));
        lock (_lock)
            _confirmed.Add(TimeProvider.System.GetTimestamp());
    }
}
