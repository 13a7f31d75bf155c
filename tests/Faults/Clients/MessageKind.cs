using Warren.Faults.Ledgers;

namespace Warren.Faults.Clients;

/// <summary>What a publisher's messages are like.</summary>
internal sealed record MessageKind
{
    /// <summary>The most bytes of a body.</summary>
    public int MostBytes { get; init; } = 2048;

    /// <summary>The least bytes of a body.</summary>
    public int LeastBytes { get; init; } = Message.HeadBytes;

    /// <summary>How many of a hundred are transient.</summary>
    public int TransientPercent { get; init; }

    /// <summary>How many priorities there are; 0: messages bear none.</summary>
    public int Priorities { get; init; }

    /// <summary>The next message of a source.</summary>
    public Message Make(MessageId id, Random random) => new(
        id,
        random.Next(LeastBytes, MostBytes + 1),
        IsPersistent: random.Next(100) >= TransientPercent,
        Priorities == 0 ? null : (byte)random.Next(Priorities));
}
