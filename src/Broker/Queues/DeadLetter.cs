using Warren.Broker.Messages;

namespace Warren.Broker.Queues;

/// <summary>A message that its queue gives up, with its reference.</summary>
/// <param name="Message">What is given up.</param>
/// <param name="Reason">Why.</param>
/// <param name="Settings">The rules by which it goes.</param>
/// <param name="Arrived">Called when its targets have it, or it is known that there are none; null: nobody asks.
/// </param>
/// <param name="Kept">Of one that was sent before, and not taken by all: who has it.</param>
internal readonly record struct DeadLetter(
    Message Message, DeadLetterReason Reason, QueueSettings Settings, Action<bool>? Arrived, KeptLetter? Kept = null);
