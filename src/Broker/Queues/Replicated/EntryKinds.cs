namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The first byte of a replicated queue's entries: version in the high four bits, kind in the low ones. Never 0: those
/// are consensus' own.
/// </summary>
internal static class EntryKinds
{
    public const byte Version = 1 << 4;
    public const byte Message = Version | 1;
    public const byte Return = Version | 2;
    public const byte Removal = Version | 3;
    public const byte State = Version | 4;
    public const byte Departure = Version | 5;
}
