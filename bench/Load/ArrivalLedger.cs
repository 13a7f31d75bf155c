namespace Warren.Load;

/// <summary>
/// Which messages have arrived on one queue: one bit for each number of each producer. The queue's consumers may run on
/// different loops and take the ledger's monitor once for each batch.
/// </summary>
internal sealed class ArrivalLedger(int producers)
{
    private readonly ulong[][] _words = [.. Enumerable.Range(0, producers).Select(_ => new ulong[64])];
    private readonly long[] _counts = new long[producers];

    /// <summary>False when the message had arrived before.</summary>
    internal bool Add(int producer, long sequence)
    {
        int word = checked((int)(sequence >> 6));
        ref ulong[] words = ref _words[producer];
        if (word >= words.Length)
            Array.Resize(ref words, Math.Max(words.Length * 2, word + 1));
        ulong bit = 1UL << (int)(sequence & 63);
        if ((words[word] & bit) != 0)
            return false;
        words[word] |= bit;
        _counts[producer]++;
        return true;
    }

    internal long CountOf(int producer) => _counts[producer];
}
