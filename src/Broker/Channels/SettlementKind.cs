namespace Warren.Broker.Channels;

/// <summary>What a client does with a delivery.</summary>
internal enum SettlementKind : byte
{
    Acknowledge,

    /// <summary>Not again: dead-lettered or dropped.</summary>
    Reject,

    /// <summary>Back to its place in the queue.</summary>
    Requeue,

    /// <summary>Back to its place in the queue because the client asked for all of it (basic.recover).</summary>
    Recover,
}
