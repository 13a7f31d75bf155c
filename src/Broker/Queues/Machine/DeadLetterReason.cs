namespace Warren.Broker.Queues;

/// <summary>Why a message was dead-lettered: the <c>reason</c> of its <c>x-death</c> entry.</summary>
public enum DeadLetterReason : byte
{
    Rejected,
    Expired,
    MaxLength,
    DeliveryLimit,
}
