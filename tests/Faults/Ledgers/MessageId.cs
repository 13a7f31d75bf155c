namespace Warren.Faults.Ledgers;

/// <summary>Who published a message, and as which of its own, from 1.</summary>
public readonly record struct MessageId(int Source, long Sequence)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source}/{Sequence}";
}
