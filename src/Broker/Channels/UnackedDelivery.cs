using Warren.Broker.Queues;

namespace Warren.Broker.Channels;

/// <summary>A delivery that its client has not settled.</summary>
/// <param name="Tag">Its number on the channel.</param>
/// <param name="Queue">Where to send the settlement.</param>
/// <param name="Slot">With <paramref name="Position"/>, what the queue calls it.</param>
/// <param name="Position">See <paramref name="Slot"/>.</param>
/// <param name="Consumer">Who got it; null: basic.get, or a consumer that the queue has taken it from.</param>
/// <param name="HoldsPlace">It holds a place in its channel's <see cref="SharedPrefetch"/>.</param>
/// <param name="Epoch">With <paramref name="Slot"/>; see <see cref="Connections.OutboxItem.Epoch"/>.</param>
public readonly record struct UnackedDelivery(
    ulong Tag, QueueHome Queue, int Slot, long Position, Consumer? Consumer = null, bool HoldsPlace = false,
    byte Epoch = 0);
