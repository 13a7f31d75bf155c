using Warren.Amqp;
using Warren.Broker.Alarms;
using Warren.Broker.Queues;
using Warren.Broker.Topology;

namespace Warren.Broker.Connections;

/// <summary>
/// Whether alarms stop what a connection publishes. Most stop all of it; those of some nodes' disks stop it from the
/// first message on that goes to a queue which needs these nodes, as long as they stop that queue: a client that is
/// blocked is so for all that it publishes. Owned by the connection's turn.
/// </summary>
internal sealed class PublishBlock(Connection connection)
{
    /// <summary>
    /// Content that is still taken while publishing is stopped, so that a client that heeds connection.blocked can end
    /// the message that it is in the middle of, and its acknowledgements do not wait behind it.
    /// </summary>
    private const int ContentLimitBytes = 1024 * 1024;

    private DiskAlarms? _disks;
    private QueueDefinition? _stopped;
    private int _contentBytes;

    /// <summary>The connection has published something, so that alarms concern it.</summary>
    public bool IsPublisher { get; private set; }

    /// <summary>Publishing is stopped.</summary>
    public bool IsOn { get; private set; }

    /// <summary>The client is about to publish: from now on alarms concern it.</summary>
    public void NotePublisher()
    {
        if (IsPublisher)
            return;
        IsPublisher = true;
        Look();
    }

    /// <summary>Whether a frame of a message that has begun may be taken.</summary>
    public bool MayTakeContent(int sizeBytes) => !IsOn || _contentBytes + sizeBytes <= ContentLimitBytes;

    /// <summary>A frame of a message that has begun is taken.</summary>
    public void NoteContent(int sizeBytes)
    {
        if (IsOn)
            _contentBytes += sizeBytes;
    }

    /// <summary>
    /// A whole message has come that goes there: whether it has to wait, and from now on all that is published.
    /// </summary>
    public bool Stops(ReadOnlySpan<QueueDefinition> queues, ReadOnlySpan<RouteDelay> delays) =>
        _disks is not null && (queues.Length > 0 || delays.Length > 0) && StopsForDisks(queues, delays);

    /// <summary>
    /// Alarms, or where queues live, may be others than before. They stop whoever publishes; the rest learns of it when
    /// he first does.
    /// </summary>
    public void Look()
    {
        if (!IsPublisher || connection.State != ConnectionState.Running)
            return;
        NodeAlarms alarms = connection.Broker.Alarms;
        _disks = alarms.OfDisks;
        if (_stopped is { } stopped && !IsStopped(stopped))
            _stopped = null;
        Set(alarms.ReasonForAll ?? (_stopped is null ? null : NodeAlarms.LowOnDisk));
    }

    private bool IsStopped(QueueDefinition queue) => _disks is { } disks
        && connection.Vhost is { } vhost && vhost.TryFindQueueOrStore(queue.Name, out QueueDefinition? now)
        && now.Id == queue.Id && disks.Stop(now);

    private bool StopsForDisks(ReadOnlySpan<QueueDefinition> queues, ReadOnlySpan<RouteDelay> delays)
    {
        _stopped = _disks!.FirstStopped(queues);
        foreach (RouteDelay delay in delays)
        {
            if (connection.Broker.Delays.FindStore(connection.VhostName, delay)?.Definition is { } store
                && _disks.Stop(store))
                _stopped ??= store;
        }
        if (_stopped is null)
            return false;
        Set(NodeAlarms.LowOnDisk);
        return true;
    }

    private void Set(string? reason)
    {
        bool isOn = reason is not null;
        if (isOn == IsOn)
            return;
        IsOn = isOn;
        _contentBytes = 0;
        if (connection.Handshake.Client.WantsBlocked && isOn)
            connection.Send(0, new ConnectionBlocked(reason!));
        else if (connection.Handshake.Client.WantsBlocked)
            connection.Send(0, new ConnectionUnblocked());
        if (!isOn)
            connection.Channels.ResumeBlocked();
    }
}
