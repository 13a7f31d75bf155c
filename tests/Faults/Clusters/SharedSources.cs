namespace Warren.Faults.Clusters;

/// <summary>Numbers for those who publish.</summary>
internal sealed class SharedSources
{
    private int _last;

    public int Next() => Interlocked.Increment(ref _last);
}
