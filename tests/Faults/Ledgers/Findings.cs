namespace Warren.Faults.Ledgers;

/// <summary>What was found to be wrong. Not for several threads: the ledger's lock guards it.</summary>
public sealed class Findings
{
    // The first few of a kind tell the story; a queue that is gone would fill a screen, and hide the other kinds.
    private const int MostKeptOfAKind = 8;

    private readonly List<string> _kept = [];
    private readonly Dictionary<FindingKind, int> _counts = [];

    /// <summary>How many there were.</summary>
    public int Count { get; private set; }

    /// <summary>Notes one.</summary>
    public void Add(FindingKind kind, string text)
    {
        Count++;
        int ofKind = _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        if (ofKind <= MostKeptOfAKind)
            _kept.Add(text);
    }

    /// <summary>Some of each kind, a line each.</summary>
    public override string ToString()
    {
        string more = Count > _kept.Count ? $"\n  and {Count - _kept.Count} more" : "";
        return string.Concat(_kept.Select(text => $"\n  {text}")) + more;
    }
}
