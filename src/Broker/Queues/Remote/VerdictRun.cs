namespace Warren.Broker.Queues.Remote;

/// <summary>The same verdict on publishes whose numbers are neighbours.</summary>
internal readonly record struct VerdictRun(long First, int Count, bool IsAccepted)
{
    /// <summary>Reads what follows the item's kind.</summary>
    /// <exception cref="FormatException">It ends too early.</exception>
    public static VerdictRun Read(ref LineReader reader)
    {
        bool isAccepted = reader.Byte() != 0;
        return new VerdictRun(reader.Int64(), reader.Int32(), isAccepted);
    }
}
