namespace Warren.Broker.Delays;

/// <summary>A message's turn to leave: when it is due by the clock of turns and, among equals, its number.</summary>
internal readonly record struct DueTime(long DueMs, long Number) : IComparable<DueTime>
{
    /// <summary>Before any: what came due while the machine was off was due before its clock began.</summary>
    public static DueTime Never => new(long.MinValue, 0);

    public int CompareTo(DueTime other)
    {
        int byTime = DueMs.CompareTo(other.DueMs);
        return byTime != 0 ? byTime : Number.CompareTo(other.Number);
    }
}
