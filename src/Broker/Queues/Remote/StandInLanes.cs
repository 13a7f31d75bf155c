using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// A stand-in's end of its line: two lanes to the home and two back, and what each side has told the other of them.
/// Owned by the stand-in's turn.
/// </summary>
internal sealed class StandInLanes(LinePeer? peer)
{
    private bool _isReceiptDue;
    private long _endedLine;
    // The home has said that it has something of the line.
    private bool _isKnown;

    /// <summary>The node at the other end; null: nobody knows which it is, and there is no line.</summary>
    public LinePeer? Peer { get; set; } = peer;

    /// <summary>Publishes and requests.</summary>
    public LaneSender Posts { get; } = new(LineFrame.Posts, LinkClass.Publishes);

    /// <summary>Consumers, settlements and windows.</summary>
    public LaneSender Settlements { get; } = new(LineFrame.Settlements, LinkClass.Acknowledgements);

    public LaneReceiver Deliveries { get; } = new();

    public LaneReceiver Verdicts { get; } = new();

    /// <summary>The line's number; 0: there is none.</summary>
    public long Line { get; private set; }

    /// <summary>Something of the line was sent, so that the home may know it.</summary>
    public bool WasUsed => Posts.HighestSent + Settlements.HighestSent > 0;

    /// <summary>The home does not know all that has come.</summary>
    public bool IsUntold => Deliveries.IsUntold || Verdicts.IsUntold;

    private bool IsReceiving => Deliveries.Received + Verdicts.Received > 0;

    /// <param name="line">Its number.</param>
    /// <param name="flags">That all its frames bear.</param>
    public void Begin(long line, byte flags = 0)
    {
        Line = line;
        Posts.LineFlags = Settlements.LineFlags = flags;
        Posts.OwnSlabs = Settlements.OwnSlabs = Peer!.OwnSlabs;
        _isKnown = false;
        Posts.WindowBytes = LineOptions.WindowBytes;
    }

    public void End()
    {
        Line = 0;
        Posts.Clear();
        Settlements.Clear();
        Deliveries.Clear();
        Verdicts.Clear();
    }

    /// <summary>There is another link: what the home has not said to have goes again.</summary>
    public void Rewind()
    {
        Posts.Rewind();
        Settlements.Rewind();
        // A receipt is more urgent than publishes: it must not come before what begins the line.
        _isReceiptDue = Line != 0 && (_isKnown || IsReceiving);
    }

    /// <summary>Time has gone on: the home is told what it does not know yet.</summary>
    public void OweReceipt() => _isReceiptDue |= IsUntold;

    /// <summary>Whether a frame is of the line; the home is told if it is of one that is over.</summary>
    public bool Takes(ushort kind, long line)
    {
        if (line != 0 && line == Line)
            return true;
        if (kind != LineFrame.Closed)
            OweEnd(line);
        return false;
    }

    /// <summary>The home tells how far it has come, and how much more it takes.</summary>
    public void TakeReceipt(ref LineReader reader)
    {
        _isKnown = true;
        Posts.Received(reader.Int64());
        Settlements.Received(reader.Int64());
        Posts.WindowBytes = Math.Max(Posts.WindowBytes, reader.Int64());
    }

    /// <summary>
    /// A line is over here and the home may not know: it is to be told, so that it takes back what it had handed out.
    /// When that is lost with a link, what the home says of the line on the next one asks for it again.
    /// </summary>
    public void OweEnd(long line) => _endedLine = line;

    /// <summary>Sends what may be sent; the line hears of room for the rest.</summary>
    public void Send(long queue, ILine line)
    {
        if (_endedLine != 0)
            SendEnd(queue, line);
        if (Line == 0)
            return;
        Settlements.SendOrAwait(Peer!, queue, Line, line);
        Posts.SendOrAwait(Peer!, queue, Line, line);
        if (_isReceiptDue || Deliveries.IsReceiptDue || Verdicts.IsReceiptDue)
            SendReceipt(queue, line);
    }

    private void SendEnd(long queue, ILine line)
    {
        Span<byte> end = stackalloc byte[LineFrame.AddressBytes];
        LineFrame.WriteAddress(end, queue, _endedLine);
        if (Peer!.SendOrAwait(LinkClass.Acknowledgements, LineFrame.Ended, end, line))
            _endedLine = 0;
    }

    private void SendReceipt(long queue, ILine line)
    {
        Span<byte> receipt = stackalloc byte[LineFrame.ReceiptBytes];
        LineFrame.WriteReceipt(receipt, queue, Line, Deliveries.Received, Verdicts.Received, 0);
        _isReceiptDue = !Peer!.SendOrAwait(LinkClass.Acknowledgements, LineFrame.Receipt, receipt, line);
        if (_isReceiptDue)
            return;
        Deliveries.Told();
        Verdicts.Told();
    }
}
