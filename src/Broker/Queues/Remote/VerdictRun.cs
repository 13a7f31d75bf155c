namespace Warren.Broker.Queues.Remote;

/// <summary>The same verdict on publishes whose numbers are neighbours.</summary>
internal readonly record struct VerdictRun(long First, int Count, bool IsAccepted)
{
    /// <exception cref="FormatException">It is none.</exception>
    public static VerdictRun Read(ref LineReader reader)
    {
        if ((LineItemKind)reader.Byte() != LineItemKind.Verdicts)
            throw new FormatException("something else than verdicts among verdicts");
        bool isAccepted = reader.Byte() != 0;
        return new VerdictRun(reader.Int64(), reader.Int32(), isAccepted);
    }
}
