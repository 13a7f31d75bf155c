using Warren.Broker.Queues.Remote;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// Acknowledgements and rejects of which a replicated queue has not said that they are committed: the next leader is
/// told them again. In the order of their frames. Owned by the stand-in's turn.
/// </summary>
internal sealed class UncommittedSettlements(LaneSender settlements)
{
    private LazyQueue<(LineItemKind Kind, long Position, long Frame)> _waiting;

    public int Count => _waiting.Count;

    /// <summary>It was written to the line just now; or there is none, and it goes with the next.</summary>
    public void Add(LineItemKind kind, long position) =>
        _waiting.Enqueue((kind, position & QueuedMessage.PositionMask, settlements.LastNumber));

    /// <summary>What frames up to this one have settled is committed.</summary>
    public void Committed(long frame)
    {
        while (_waiting.TryPeek(out (LineItemKind Kind, long Position, long Frame) first) && first.Frame <= frame)
            _waiting.Dequeue();
    }

    /// <summary>Another line: all of it, by position.</summary>
    public void WriteAll()
    {
        for (int left = _waiting.Count; left > 0; left--)
        {
            (LineItemKind kind, long position, _) = _waiting.Dequeue();
            LineWriting.SettlementAt(settlements, kind, position);
            Add(kind, position);
        }
    }

    /// <summary>The queue is gone.</summary>
    public void Clear() => _waiting.Clear();
}
