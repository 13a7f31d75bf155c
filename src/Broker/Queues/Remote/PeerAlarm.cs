using System.Text;
using Warren.Broker.Turns;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// What another node has been told of this one's alarms: its publishers stop while there is one, so that it must hear
/// of each, and of the last word last. All of it is its turn's.
/// </summary>
internal sealed class PeerAlarm(QueueLinks links, LinePeer peer) : Mailbox<LineSignal>(links.Broker.Turns), ILine
{
    private string? _told;
    private bool _isTold;

    /// <summary>What this node's alarms say has changed.</summary>
    public void Changed() => Post(LineSignal.Known);

    /// <inheritdoc/>
    public void Signal(LineSignal signal, long process) => Post(signal);

    protected override void Handle(ReadOnlySpan<LineSignal> batch)
    {
        // On another link the other node knows nothing.
        if (batch.Contains(LineSignal.Up))
            _isTold = false;
        string? reason = links.Broker.Alarms.OwnReason;
        if (_isTold && reason == _told)
            return;
        _told = reason;
        _isTold = peer.SendOrAwait(LinkClass.Control, LineFrame.Alarm, Encoding.UTF8.GetBytes(reason ?? ""), this);
    }
}
