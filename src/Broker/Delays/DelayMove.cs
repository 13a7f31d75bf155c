using System.Runtime.InteropServices;
using Warren.Broker.Queues;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>Messages of one exchange that go where they are kept from now on; see <see cref="DelayMoves"/>.</summary>
internal sealed class DelayMove(QueueHome store)
{
    /// <summary>Where to.</summary>
    public QueueHome Store { get; } = store;

    /// <summary>Those that are to go, in the order in which they came.</summary>
    public Queue<DueMessage> Left { get; private set; } = new();

    /// <summary>Those whose bytes are being read, in the order of the batch.</summary>
    public List<DueMessage> Reading { get; } = [];

    public FetchBatch Batch { get; } = new();

    public bool IsReading => Reading.Count > 0;

    /// <summary>What was sent and is not answered for.</summary>
    public long UnansweredBytes { get; set; }

    /// <summary>Records were copied.</summary>
    public void NoteMoved(IReadOnlyList<MovedEntry> moves)
    {
        var left = new Queue<DueMessage>(Left.Count);
        foreach (DueMessage each in Left)
        {
            DueMessage moved = each;
            WaitingMessages.Move(ref moved.Message, moves);
            left.Enqueue(moved);
        }
        Left = left;
        foreach (ref DueMessage reading in CollectionsMarshal.AsSpan(Reading))
            WaitingMessages.Move(ref reading.Message, moves);
    }
}
