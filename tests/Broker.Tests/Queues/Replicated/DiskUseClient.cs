using Warren.Amqp;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Wire;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>A connection with one channel, whose work counts for what lives.</summary>
internal sealed class DiskUseClient(DiskUse use, SimulatedConnection connection)
{
    // delivery_mode 2
    private static readonly byte[] Persistent = [0x10, 0x00, 2];

    private readonly Queue<(ulong Tag, int SizeBytes)> _held = [];
    private ulong _published;
    private ulong _confirmed;
    private bool _confirms;
    private bool _isOpen;

    public bool IsOpen
    {
        get
        {
            Take();
            return _isOpen;
        }
    }

    /// <summary>Deliveries that it has not settled.</summary>
    public int Held
    {
        get
        {
            Take();
            return _held.Count;
        }
    }

    /// <summary>Publishes, and waits for the confirms.</summary>
    public void Publish(string queue, int messages, int bodyBytes)
    {
        if (!_confirms)
            connection.Send(new ConfirmSelect(noWait: true));
        _confirms = true;
        byte[] body = new byte[bodyBytes];
        for (int each = 0; each < messages; each++)
            connection.Writer.AddPublish(1, "", queue, body, Persistent);
        connection.Flush();
        _published += (ulong)messages;
        use.LiveBytes += (long)messages * bodyBytes;
        use.Until(IsConfirmed, "confirms");
    }

    /// <summary>Consumes, and has this many unsettled messages at most; 0: any number.</summary>
    public void Consume(string queue, ushort prefetch = 0)
    {
        connection.Send(new BasicQos(0, prefetch, global: false));
        connection.Send(WireClient.Consume(queue, queue, noAck: false, noWait: true));
    }

    public void UntilHeld(int messages) => use.Until(() => Held >= messages, $"{messages} deliveries");

    /// <summary>The first of what it has is done with.</summary>
    public void Acknowledge(int messages, bool multiple = false)
    {
        ulong last = 0;
        for (; messages > 0; messages--)
        {
            (last, int sizeBytes) = _held.Dequeue();
            use.LiveBytes -= sizeBytes;
            if (!multiple)
                connection.Writer.Add(1, new BasicAck(last, multiple: false));
        }
        if (multiple)
            connection.Writer.Add(1, new BasicAck(last, multiple: true));
        connection.Flush();
    }

    /// <summary>The first of what it has goes back.</summary>
    public void Requeue(int messages)
    {
        for (; messages > 0; messages--)
            connection.Writer.Add(1, new BasicNack(_held.Dequeue().Tag, multiple: false, requeue: true));
        connection.Flush();
    }

    /// <summary>The wire is cut: what it has goes back.</summary>
    public void Cut() => connection.Cut();

    private bool IsConfirmed()
    {
        Take();
        return _confirmed == _published;
    }

    private void Take()
    {
        foreach (Received received in connection.Take())
        {
            switch (received.Method)
            {
                case MethodId.ChannelOpenOk:
                    _isOpen = true;
                    break;
                case MethodId.BasicDeliver:
                    _held.Enqueue((received.DeliveryTag, received.Body.Length));
                    break;
                case MethodId.BasicAck:
                    _confirmed = received.IsMultiple ? received.Sequence : _confirmed + 1;
                    break;
                case MethodId.ChannelClose or MethodId.ConnectionClose or MethodId.BasicNack or MethodId.BasicCancel:
                    throw new InvalidOperationException($"a client gets {received}");
            }
        }
    }
}
