using Warren.Broker.Turns;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Lines of another node that are over here, where the word of it found no link or no room: it goes when there is one.
/// The other side may have said all that it had, and would wait on such a line for ever. All of it is its turn's.
/// </summary>
internal sealed class ClosedLines(QueueLinks links, LinePeer peer)
    : Mailbox<ClosedLines.Item>(links.Broker.Turns), ILine
{
    // By their queues: a later line takes the place of an earlier one, which the other side has given up.
    private readonly Dictionary<long, (long Line, LineClosed Why)> _untold = [];
    private long _process;

    /// <summary>A line that is over, or a signal: queue 0.</summary>
    internal readonly record struct Item(LineSignal Signal, long Process, long Queue, long Line, LineClosed Why);

    /// <summary>A line is over here, and the other side does not know.</summary>
    public void Tell(long queue, long line, LineClosed why) => Post(new Item(default, 0, queue, line, why));

    /// <inheritdoc/>
    public void Signal(LineSignal signal, long process) => Post(new Item(signal, process, 0, 0, default));

    protected override void Handle(ReadOnlySpan<Item> batch)
    {
        foreach (ref readonly Item item in batch)
        {
            if (item.Queue != 0)
                Add(item);
            else if (item.Signal == LineSignal.Up && item.Process != _process)
            {
                // Another process numbers its lines anew.
                _process = item.Process;
                _untold.Clear();
            }
        }
        foreach ((long queue, (long line, LineClosed why)) in _untold)
        {
            if (!TrySend(queue, line, why))
                return;
            _untold.Remove(queue);
        }
    }

    private void Add(in Item item)
    {
        if (!_untold.TryGetValue(item.Queue, out (long Line, LineClosed Why) known) || known.Line <= item.Line)
            _untold[item.Queue] = (item.Line, item.Why);
    }

    private bool TrySend(long queue, long line, LineClosed why)
    {
        Span<byte> body = stackalloc byte[LineFrame.ClosedBytes];
        LineFrame.WriteClosed(body, queue, line, why);
        return peer.SendOrAwait(LinkClass.Acknowledgements, LineFrame.Closed, body, this);
    }
}
