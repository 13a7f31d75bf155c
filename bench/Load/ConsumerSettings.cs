namespace Warren.Load;

/// <summary>What one consumer does.</summary>
/// <param name="BodyBytes">The size every body must have.</param>
/// <param name="AckEvery">One acknowledgement (multiple) for so many messages; 0 is automatic.</param>
/// <param name="Producers">How many producers there are.</param>
/// <param name="Ledger">Where arrivals are noted when integrity is checked; otherwise null.</param>
internal sealed record ConsumerSettings(int BodyBytes, int AckEvery, int Producers, ArrivalLedger? Ledger);
