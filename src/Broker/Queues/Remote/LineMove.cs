namespace Warren.Broker.Queues.Remote;

/// <summary>
/// How a line ends whose queue becomes a replicated one (docs/decisions/0014-members-while-it-serves.md): the other
/// side is told, ends what it sends, and gets everything that is to be said of that, with what its clients hold; then
/// it ends the line. Owned by the visit's turn.
/// </summary>
internal sealed class LineMove(QueueVisit visit, VisitCommands commands, LaneSender deliveries, LaneSender verdicts)
{
    private LineCount? _lines;
    private bool _isTold;

    /// <summary>The queue hears nothing of the line any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The line posts to this queue from now on; false: it is served otherwise by now.</summary>
    public bool TryEnter(Queue queue)
    {
        if (!queue.Lines.TryEnter())
            return false;
        _lines = queue.Lines;
        return true;
    }

    /// <summary>Tells the other side, if that is to be and was not done.</summary>
    public void Look()
    {
        if (_isTold || _lines is not { IsMoving: true })
            return;
        _isTold = true;
        LineWriting.Bare(verdicts, LineItemKind.Moving);
    }

    /// <summary>Commands have been read: when those were the last, the queue is told.</summary>
    public void LookForLast()
    {
        if (IsOver || !commands.HasLast)
            return;
        commands.Add(QueueCommand.LineMoved(visit));
        commands.Flush();
        Leave();
    }

    /// <summary>The queue has been taken over; everything that it had to say has been said.</summary>
    public void HandedOver(IReadOnlyList<HeldMessage> held)
    {
        foreach (Consumer consumer in commands.Consumers)
        {
            LineWriting.Unwritten(
                deliveries, consumer.LineNumber, Consumer.WindowMessages - consumer.WindowMessagesLeft,
                Consumer.WindowBytes - consumer.WindowBytesLeft);
        }
        foreach (HeldMessage message in held)
        {
            if (commands.Holds(in message))
                LineWriting.Held(deliveries, message.Consumer!.LineNumber, message.Token, message.Position);
        }
        LineWriting.Bare(deliveries, LineItemKind.Moved);
        LineWriting.Bare(verdicts, LineItemKind.Moved);
    }

    /// <summary>The line has posted its last command.</summary>
    public void Leave()
    {
        IsOver |= _lines is not null;
        commands.IsMute |= IsOver;
        _lines?.Leave();
        _lines = null;
    }
}
