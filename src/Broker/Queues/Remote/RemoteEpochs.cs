using System.Runtime.CompilerServices;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// The lines that a stand-in has had, by the low byte of their count: of which of them what a client holds may still be
/// acknowledged. Positions name the same messages for as long as the home is the same process.
/// </summary>
internal sealed class RemoteEpochs
{
    // A bit for each low byte: every queue has one of these.
    private Lines _ofSameProcess;

    public byte Current { get; private set; }

    /// <summary>
    /// Lines go on from those of another stand-in, of which nothing may be settled by its slot any more.
    /// </summary>
    public void GoOnFrom(RemoteEpochs former) => Current = former.Current;

    /// <summary>Another line begins. 0 is nobody's.</summary>
    public void Begin()
    {
        Current = Current == byte.MaxValue ? (byte)1 : (byte)(Current + 1);
        Set(Current);
    }

    /// <summary>The home is another process: what was delivered before means nothing to it.</summary>
    /// <param name="keepsCurrent">The line of today was never used, and goes on with the new one.</param>
    public void NewProcess(bool keepsCurrent)
    {
        _ofSameProcess = default;
        if (keepsCurrent)
            Set(Current);
    }

    public bool IsOfSameProcess(byte epoch) => epoch != 0 && (_ofSameProcess[epoch >> 6] & (1UL << epoch)) != 0;

    private void Set(byte epoch) => _ofSameProcess[epoch >> 6] |= 1UL << epoch;

    [InlineArray(4)]
    private struct Lines
    {
        private ulong _first;
    }
}
