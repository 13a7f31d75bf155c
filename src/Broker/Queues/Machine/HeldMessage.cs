namespace Warren.Broker.Queues;

/// <summary>What a client holds of a queue that is taken over.</summary>
/// <param name="Consumer">Who has it; of gets who stands for them; null where it goes by its number.</param>
/// <param name="Slot">By which the client's node settles it, together with the token.</param>
/// <param name="Token">See <see cref="QueueEffect.Position"/>.</param>
/// <param name="Position">Its position from now on.</param>
/// <param name="Number">Of the consumer on its line; 0: none, or a get.</param>
internal readonly record struct HeldMessage(
    Consumer? Consumer, int Slot, long Token, long Position, long Number = 0);
