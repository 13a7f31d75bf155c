using System.Net.Sockets;
using Warren.Amqp;
using Warren.Faults.Hosts;
using Warren.Wire;

namespace Warren.Faults.Clusters;

/// <summary>
/// A client that declares and deletes durable queues through one node, one after another, and comes back whenever it is
/// turned away. Every request has to be answered in bounded time, with ok or with a clear error.
/// </summary>
internal sealed class Declarer(Host host, QueueNames names, int seed)
{
    /// <summary>
    /// Longer than any change of leader and any refusal for want of a majority, on a busy machine too.
    /// </summary>
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(25);

    private readonly Random _random = new(seed);
    private readonly List<string> _mine = [];
    private int _next;

    /// <summary>Requests that were answered with ok.</summary>
    public int Ok { get; private set; }

    /// <summary>The last refusal, in the node's words; empty: there was none.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>Goes on until it is told to end.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await using WireClient client = await host.ConnectAsync();
                await client.LoginAsync();
                await client.OpenChannelAsync(1);
                while (!end.IsCancellationRequested && await AskAsync(client))
                {
                }
            }
            catch (Exception error) when (error is SocketException or IOException or InvalidOperationException)
            {
                // It is down, stops, or refuses logins; try again in a moment.
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }

    // False when the connection is of no use any more.
    private async Task<bool> AskAsync(WireClient client)
    {
        bool deletes = _mine.Count > 20 && _random.Next(2) == 0;
        string queue = deletes ? _mine[_random.Next(_mine.Count)] : $"{host.Name}.{_next++}";
        names.Asked(queue);
        if (deletes)
            client.Add(1, new QueueDelete(queue, ifUnused: false, ifEmpty: false, noWait: false));
        else
            client.Add(1, Declare(queue));
        await client.FlushAsync();
        Received answer;
        try
        {
            answer = await client.NextAsync().WaitAsync(MostPatience);
        }
        catch (TimeoutException)
        {
            throw new FaultException(
                $"{host.Name} has not answered for {MostPatience.TotalSeconds} s to the "
                + $"{(deletes ? "deletion" : "declaration")} of {queue}\n{host.Log}");
        }
        if (deletes)
            _mine.Remove(queue);
        if (ReferenceEquals(answer, Received.End))
            return false;
        switch (answer.Method)
        {
            case MethodId.QueueDeclareOk:
                names.Declared(queue);
                _mine.Add(queue);
                Ok++;
                return true;
            case MethodId.QueueDeleteOk:
                names.Deleted(queue);
                Ok++;
                return true;
            default:
                Refusal = answer.ToString();
                return false;
        }
    }

    private static QueueDeclare Declare(string queue) => new(
        queue, passive: false, durable: true, exclusive: false, autoDelete: false, noWait: false, FieldTable.Empty);
}
