namespace Warren.Broker.Queues.Remote;

/// <summary>
/// The lines that a stand-in has had, by the low byte of their count: of which of them what a client holds may still be
/// acknowledged. Positions name the same messages for as long as the home is the same process.
/// </summary>
internal sealed class RemoteEpochs
{
    private readonly bool[] _isOfSameProcess = new bool[256];

    public byte Current { get; private set; }

    /// <summary>
    /// Lines go on from those of another stand-in, of which nothing may be settled by its slot any more.
    /// </summary>
    public void GoOnFrom(RemoteEpochs former) => Current = former.Current;

    /// <summary>Another line begins. 0 is nobody's.</summary>
    public void Begin()
    {
        Current = Current == byte.MaxValue ? (byte)1 : (byte)(Current + 1);
        _isOfSameProcess[Current] = true;
    }

    /// <summary>The home is another process: what was delivered before means nothing to it.</summary>
    /// <param name="keepsCurrent">The line of today was never used, and goes on with the new one.</param>
    public void NewProcess(bool keepsCurrent)
    {
        Array.Clear(_isOfSameProcess);
        _isOfSameProcess[Current] = keepsCurrent;
    }

    public bool IsOfSameProcess(byte epoch) => epoch != 0 && _isOfSameProcess[epoch];
}
