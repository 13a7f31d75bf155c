namespace Warren.Load;

/// <summary>
/// What the measuring thread tells the loops, and the first failure they tell it. Every field has one writer but
/// <see cref="Failure"/>, where the first wins.
/// </summary>
internal sealed class RunControl
{
    internal const int Ready = 0;
    internal const int Producing = 1;
    internal const int Draining = 2;
    internal const int Ended = 3;

    private int _phase;
    private long _measureFrom = long.MaxValue;
    private Exception? _failure;

    internal int Phase
    {
        get => Volatile.Read(ref _phase);
        set => Volatile.Write(ref _phase, value);
    }

    /// <summary>Messages sent from this moment on count in the histograms.</summary>
    internal long MeasureFrom
    {
        get => Volatile.Read(ref _measureFrom);
        set => Volatile.Write(ref _measureFrom, value);
    }

    internal Exception? Failure => Volatile.Read(ref _failure);

    internal void Fail(Exception failure) => Interlocked.CompareExchange(ref _failure, failure, null);
}
