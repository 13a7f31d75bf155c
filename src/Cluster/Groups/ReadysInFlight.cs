using Warren.Cluster.Consensus.Messages;
using Warren.Storage;
using Warren.Storage.Collections;

namespace Warren.Cluster.Groups;

/// <summary>Readys whose writes are not durable yet, oldest first, and the messages that wait for them.</summary>
internal sealed class ReadysInFlight
{
    private LazyQueue<(Lsn Lsn, long Number)> _numbers;
    private LazyQueue<(Lsn Lsn, Outgoing Message)> _messages;

    /// <summary>Of the oldest; null if there is none.</summary>
    public Lsn? First => _numbers.TryPeek(out (Lsn Lsn, long Number) first) ? first.Lsn : null;

    public bool IsEmpty => _numbers.Count == 0;

    public void Add(Lsn lsn, long number) => _numbers.Enqueue((lsn, number));

    public void Hold(Lsn lsn, Outgoing message) => _messages.Enqueue((lsn, message));

    /// <summary>The next message that may go.</summary>
    public bool TryTakeMessage(Lsn durable, out Outgoing message)
    {
        message = default;
        if (!_messages.TryPeek(out (Lsn Lsn, Outgoing Message) first) || first.Lsn > durable)
            return false;
        message = _messages.Dequeue().Message;
        return true;
    }

    /// <summary>The newest that is durable; false if none is.</summary>
    public bool TryTakeNumber(Lsn durable, out long number)
    {
        number = 0;
        while (_numbers.TryPeek(out (Lsn Lsn, long Number) first) && first.Lsn <= durable)
            number = _numbers.Dequeue().Number;
        return number > 0;
    }

    /// <summary>Nobody waits for them any more.</summary>
    public void Clear()
    {
        _numbers.Clear();
        _messages.Clear();
    }
}
