using Warren.Broker.Channels;
using Warren.Broker.Connections;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// A consumer's part in the shared prefetch of its channel, which is on another node: the places that node has given
/// for it. There is none until the consumer has been refused one, which asks for some.
/// </summary>
internal sealed class LeasedPrefetch(VisitChannel channel) : SharedPrefetch
{
    /// <summary>Whose it is. Set once.</summary>
    public Consumer Consumer { get; set; } = null!;

    /// <summary>The channel has a limit, or none any more. Places that are out stay out.</summary>
    public void SetActive(bool isActive)
    {
        TakeFree();
        if (isActive != IsActive)
            SetLimit(isActive ? int.MaxValue : 0, isActive ? int.MaxValue : -int.MaxValue);
    }

    private protected override void Refused() =>
        channel.Outbox.Post(OutboxItem.VisitEvent(channel, ConnectionEventKind.PlaceReturned, Consumer));
}
