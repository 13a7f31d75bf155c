using Warren.Faults.Ledgers;

namespace Warren.Faults.Clients;

/// <summary>Counts what somebody publishes; never begins anew, so that no number is ever used twice.</summary>
internal sealed class Source(int number)
{
    private long _sequence;

    /// <summary>The id of the next message.</summary>
    public MessageId NextId() => new(number, ++_sequence);
}
