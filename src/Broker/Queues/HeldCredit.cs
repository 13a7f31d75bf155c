using Warren.Broker.Channels;

namespace Warren.Broker.Queues;

/// <summary>
/// Publish credit that a queue gives back a little later than it could. Bounded in time, so that a client who has
/// stopped reading slows publishers down but never stops them. Owned by the queue's turn.
/// <para>Publishers and writers share the node's threads. While a backlog grows only because the writers have not had
/// their turn, publishers wait for a moment: else they take every thread, and memory, and latency with it.</para>
/// </summary>
internal sealed class HeldCredit
{
    /// <summary>A backlog below this is the ebb and flow between batches: what one read of the socket brings.</summary>
    public const int BacklogMessages = Consumer.WindowMessages / 2;

    /// <summary>
    /// How long a publisher is held at most: with <see cref="PublishCredit.LimitBytes"/> each time, a connection may
    /// still publish some 50 MB a second past a client that does not read.
    /// </summary>
    private const int MostMs = 20;

    private readonly Queue<(PublishCredit Credit, int SizeBytes, long UntilMs)> _held = new();

    public bool IsEmpty => _held.Count == 0;

    public void Add(PublishCredit credit, int sizeBytes, long nowMs) =>
        _held.Enqueue((credit, sizeBytes, nowMs + MostMs));

    /// <summary>
    /// Gives all back when the queue's writers have caught up, else what is due; returns when the next is.
    /// </summary>
    public long? Release(QueueMachine machine, long nowMs) =>
        Release(machine.WaitsForWriting(BacklogMessages / 2) ? nowMs : long.MaxValue);

    /// <summary>Gives back what is due; returns when the next is, null if nothing is held any more.</summary>
    public long? Release(long nowMs)
    {
        while (_held.TryPeek(out (PublishCredit Credit, int SizeBytes, long UntilMs) first))
        {
            if (first.UntilMs > nowMs)
                return first.UntilMs;
            _held.Dequeue();
            first.Credit.Give(first.SizeBytes);
        }
        return null;
    }
}
