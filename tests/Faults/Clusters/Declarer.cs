using System.Net.Sockets;
using Warren.Amqp;
using Warren.Faults.Hosts;
using Warren.Wire;

namespace Warren.Faults.Clusters;

/// <summary>
/// A client that declares, binds and deletes durable queues through one node, asks for those of others, and comes back
/// whenever it is turned away. Every request has to be answered in bounded time, with what is true or with a clear
/// error.
/// </summary>
internal sealed class Declarer(Host host, DefinitionNames names, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<string> _mine = [];
    private readonly List<string> _unbound = [];
    private int _next;

    /// <summary>Changes that were answered with ok.</summary>
    public int Ok { get; private set; }

    /// <summary>Refusals.</summary>
    public int Refused { get; private set; }

    /// <summary>How long it rests between two requests; null: not at all.</summary>
    public TimeSpan? Rest { get; init; }

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
                    if (Rest is { } rest)
                        await Task.Delay(rest, CancellationToken.None);
                }
            }
            catch (Exception error) when (IsTurnedAway(error))
            {
                // It is down, stops, or refuses logins; try again in a moment.
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }

    /// <summary>The node is down, stops, or lets nobody in.</summary>
    public static bool IsTurnedAway(Exception error) =>
        error is SocketException or IOException or ObjectDisposedException or InvalidOperationException;

    // False when the connection is of no use any more.
    private Task<bool> AskAsync(WireClient client)
    {
        if (_random.Next(10) == 0 && names.Recent(_random) is { } other)
            return LookAsync(client, other);
        if (_unbound.Count > 0 && _random.Next(2) == 0)
            return BindAsync(client, _unbound[_random.Next(_unbound.Count)]);
        return _mine.Count > 20 && _random.Next(2) == 0
            ? DeleteAsync(client, _mine[_random.Next(_mine.Count)])
            : DeclareAsync(client, $"{host.Name}.{seed}.{_next++}");
    }

    private async Task<bool> DeclareAsync(WireClient client, string queue)
    {
        names.Queues.Asked(queue);
        client.Add(1, Declaration(queue, passive: false));
        return await AnswerAsync(client, "queue.declare", MethodId.QueueDeclareOk, () =>
        {
            names.Queues.Declared(queue);
            names.Tell(queue);
            _mine.Add(queue);
            _unbound.Add(queue);
        });
    }

    private async Task<bool> BindAsync(WireClient client, string queue)
    {
        _unbound.Remove(queue);
        names.Bindings.Asked(queue);
        client.Add(1, new QueueBind(queue, DefinitionNames.Exchange, queue, noWait: false, FieldTable.Empty));
        return await AnswerAsync(client, "queue.bind", MethodId.QueueBindOk, () => names.Bindings.Declared(queue));
    }

    private async Task<bool> DeleteAsync(WireClient client, string queue)
    {
        _mine.Remove(queue);
        _unbound.Remove(queue);
        names.Queues.Asked(queue);
        if (names.Bindings.Find(queue) is not null)
            names.Bindings.Asked(queue);
        client.Add(1, new QueueDelete(queue, ifUnused: false, ifEmpty: false, noWait: false));
        return await AnswerAsync(client, "queue.delete", MethodId.QueueDeleteOk, () =>
        {
            names.Queues.Deleted(queue);
            names.Tell(queue);
            if (names.Bindings.Find(queue) is not null)
                names.Bindings.Gone(queue);
        });
    }

    // A queue that somebody else has changed: there is one right answer, unless it is being changed.
    private async Task<bool> LookAsync(WireClient client, string queue)
    {
        NameState before = names.Queues.Find(queue)!;
        client.Add(1, Declaration(queue, passive: true));
        await client.FlushAsync();
        long since = Answers.Now;
        Received answer = await Answers.WithinAsync(client.NextAsync(), host.Name, "queue.declare passive", Log);
        bool isFound = answer.Method == MethodId.QueueDeclareOk;
        bool isMissing = answer.Method == MethodId.ChannelClose
            && answer.CloseReason.StartsWith("404 NOT_FOUND - no queue ", StringComparison.Ordinal);
        if (!isFound && !isMissing)
            return Refuse("queue.declare passive", answer, since);
        names.Answers.Else("queue.declare passive", isFound ? "ok" : answer.CloseReason, since);
        if (before.IsThere is { } isThere && isThere != isFound && names.Queues.Find(queue) == before)
        {
            throw new FaultException(
                $"{host.Name} gives a stale answer: {queue}, {(isThere ? "declared" : "deleted")} with ok before it "
                + $"was asked for, {(isFound ? "is there" : $"is not: {answer.CloseReason}")}\n{Log()}");
        }
        if (isMissing)
        {
            client.Add(1, new ChannelCloseOk());
            await client.OpenChannelAsync(1);
        }
        return true;
    }

    private async Task<bool> AnswerAsync(WireClient client, string request, uint expected, Action ok)
    {
        await client.FlushAsync();
        long since = Answers.Now;
        Received answer = await Answers.WithinAsync(client.NextAsync(), host.Name, request, Log);
        if (answer.Method != expected)
            return Refuse(request, answer, since);
        ok();
        names.Answers.Ok(request, since);
        Ok++;
        return true;
    }

    private bool Refuse(string request, Received answer, long since)
    {
        if (answer.Method is MethodId.ChannelClose or MethodId.ConnectionClose)
        {
            Refused++;
            names.Answers.Refused(host.Name, request, answer.CloseReason, since);
        }
        else
        {
            names.Answers.Else(request, answer.ToString(), since);
        }
        return false;
    }

    private string Log() => host.Log;

    private static QueueDeclare Declaration(string queue, bool passive) => new(
        queue, passive, durable: true, exclusive: false, autoDelete: false, noWait: false, FieldTable.Empty);
}
