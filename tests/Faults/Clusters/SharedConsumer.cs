using Warren.Amqp;
using Warren.Faults.Hosts;
using Warren.Faults.Ledgers;
using Warren.Wire;

namespace Warren.Faults.Clusters;

/// <summary>
/// Consumes a queue through one node with manual acknowledgement, gives some messages back, and now and then proves
/// that what it acknowledged stays away. When it is cancelled or loses its connection it comes back as somebody else.
/// </summary>
/// <param name="losses">Who loses it and may; null: everybody may.</param>
internal sealed class SharedConsumer(
    IReadOnlyList<Host> hosts, SharedQueue queue, SharedSources sources, Answers answers, int seed,
    ClientLosses? losses = null)
{
    private const int Prefetch = 20;
    private const int AcksToProve = 60;

    private readonly Random _random = new(seed);
    private readonly List<(ulong Tag, MessageId Id)> _held = [];
    private readonly List<MessageId> _acked = [];

    // What a proof that is under way is about, and its message's tag once its request was answered.
    private List<MessageId>? _proving;
    private MessageId? _proof;
    private long _since;
    private object _self = new();
    private Host _host = hosts[0];
    private bool _isConsuming;

    private string Describe => $"a consumer of {queue.Name}";

    /// <summary>Goes on until it is told to end; then what it holds goes back.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        for (int at = 0; !end.IsCancellationRequested; at++)
        {
            Forget();
            _host = hosts[at % hosts.Count];
            try
            {
                await using WireClient client = await _host.ConnectAsync();
                await client.LoginAsync();
                await client.OpenChannelAsync(1);
                await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
                await client.PrefetchAsync(1, Prefetch);
                client.Add(1, WireClient.Consume(queue.Name, "", noAck: false, noWait: false));
                await client.FlushAsync();
                await ConsumeAsync(client, sources.Next(), end);
            }
            catch (Exception error) when (Declarer.IsTurnedAway(error))
            {
                queue.CutOff(_self);
                if (_isConsuming)
                    losses?.Lost(_host, Describe, error.Message);
                else
                    losses?.TurnedAway(_host, Describe, error.Message);
            }
            catch (Exception error) when (error is TimeoutException or OperationCanceledException)
            {
                // Nothing has come for very long, too: nobody may be publishing.
            }
            await Task.Delay(50, CancellationToken.None);
        }
    }

    private void Forget()
    {
        _held.Clear();
        _acked.Clear();
        _proving = null;
        _proof = null;
        _self = new object();
        _isConsuming = false;
    }

    private async Task ConsumeAsync(WireClient client, int source, CancellationToken end)
    {
        var order = new Dictionary<int, long>();
        long sequence = 0;
        int enough = 1;
        _since = Answers.Now;
        while (!end.IsCancellationRequested || queue.IsSuspect(_self))
        {
            Received next = await NextAsync(client, mayWait: _proving is null && _isConsuming, end);
            switch (next.Method)
            {
                case MethodId.BasicConsumeOk:
                    answers.Ok("basic.consume", _since);
                    _isConsuming = true;
                    break;
                case MethodId.BasicDeliver:
                    if (queue.Deliver(next, _self, order, queue.IsReplicated && _host.HasJustGoneOn) is { } id)
                        _held.Add((next.DeliveryTag, id));
                    break;
                case MethodId.QueueDeclareOk:
                    answers.Ok("queue.declare passive behind acks", _since);
                    AddProof(client, new MessageId(source, ++sequence));
                    await client.FlushAsync();
                    break;
                case MethodId.ConnectionBlocked or MethodId.ConnectionUnblocked:
                    // Its proofs wait.
                    break;
                case MethodId.BasicAck or MethodId.BasicNack:
                    EndProof(next.Method == MethodId.BasicAck);
                    break;
                case MethodId.ChannelClose or MethodId.ConnectionClose:
                    answers.Refused(
                        _host.Name, _isConsuming ? "while consuming" : "basic.consume", next.CloseReason, _since);
                    queue.CutOff(_self);
                    losses?.Lost(_host, Describe, next.CloseReason);
                    return;
                case MethodId.BasicCancel:
                    queue.CutOff(_self);
                    goto default;
                default:
                    answers.Else("while consuming", next.ToString(), _since);
                    losses?.Lost(_host, Describe, ClientLosses.Why(next));
                    return;
            }
            if (_proving is not null && TimeProvider.System.GetElapsedTime(_since) > Answers.MostWait)
                throw new FaultException($"{_host.Name} owes a consumer of {queue.Name} an answer\n{_host.Log}");
            if (_held.Count < enough)
                continue;
            Settle(client);
            await client.FlushAsync();
            enough = _random.Next(1, Prefetch + 1);
        }
    }

    // Who may have got something too late is not let go before he is cut off.
    private async Task<Received> NextAsync(WireClient client, bool mayWait, CancellationToken end)
    {
        Task<Received> Within(Task<Received> answer, string who) =>
            Answers.WithinAsync(answer, _host.Name, who, () => _host.Log);
        Task<Received> reading = client.NextAsync();
        try
        {
            Task<Received> next = reading.WaitAsync(end);
            return await (mayWait ? next : Within(next, Describe));
        }
        catch (OperationCanceledException) when (queue.IsSuspect(_self))
        {
            return await Within(reading, $"a consumer that is to be cut off: {queue.SuspicionOf(_self)}");
        }
    }

    private void Settle(WireClient client)
    {
        int count = _random.Next(1, _held.Count + 1);
        if (_random.Next(15) == 0)
        {
            client.Add(1, new BasicNack(_held[count - 1].Tag, multiple: true, requeue: true));
            _held.RemoveRange(0, count);
            return;
        }
        foreach ((_, MessageId id) in _held.Take(count))
        {
            queue.Acking(id);
            _acked.Add(id);
        }
        if (_random.Next(2) == 0)
        {
            client.Add(1, new BasicAck(_held[count - 1].Tag, multiple: true));
        }
        else
        {
            foreach ((ulong tag, _) in _held.Take(count))
                client.Add(1, new BasicAck(tag, multiple: false));
        }
        _held.RemoveRange(0, count);
        if (_proving is not null || _acked.Count < AcksToProve)
            return;
        _proving = [.. _acked];
        _acked.Clear();
        _since = Answers.Now;
        client.Add(1, new QueueDeclare(
            queue.Name, passive: true, durable: true, exclusive: false, autoDelete: false, noWait: false,
            FieldTable.Empty));
    }

    private void AddProof(WireClient client, MessageId id)
    {
        _proof = id;
        _since = Answers.Now;
        var message = new Message(id, 100, IsPersistent: true);
        queue.Publishing(message);
        client.AddPublish(1, "", queue.Name, message.Body(), message.Properties());
    }

    private void EndProof(bool isConfirmed)
    {
        answers.Else("basic.publish behind acks", isConfirmed ? "ack" : "nack", _since);
        if (isConfirmed)
        {
            queue.Confirm(_proof!.Value);
            queue.Prove(_proving!, _self);
        }
        else
        {
            queue.Refuse();
        }
        _proving = null;
        _proof = null;
    }
}
