namespace Warren.Broker.Queues.Remote;

/// <summary>Gathers verdicts: runs of neighbours are one item of the lane. Owned by the visit's turn.</summary>
internal sealed class VerdictWriting(LaneSender lane)
{
    private long _first;
    private int _count;
    private bool _isAccepted;

    public void Add(long number, bool isAccepted)
    {
        if (_count > 0 && isAccepted == _isAccepted && number == _first + _count)
        {
            _count++;
            return;
        }
        Write();
        _first = number;
        _count = 1;
        _isAccepted = isAccepted;
    }

    /// <summary>The end of a turn.</summary>
    public void Write()
    {
        if (_count > 0)
            LineWriting.Verdicts(lane, _first, _count, _isAccepted);
        _count = 0;
    }
}
