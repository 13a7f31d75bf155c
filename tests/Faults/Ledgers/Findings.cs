namespace Warren.Faults.Ledgers;

/// <summary>What was found to be wrong. Not for several threads: the ledger's lock guards it.</summary>
public sealed class Findings
{
    // The first few tell the story; a queue that is gone would fill a screen.
    private const int MostKept = 20;

    private readonly List<string> _kept = [];

    /// <summary>How many there were.</summary>
    public int Count { get; private set; }

    /// <summary>Notes one.</summary>
    public void Add(string text)
    {
        Count++;
        if (_kept.Count < MostKept)
            _kept.Add(text);
    }

    /// <summary>Some of them, a line each.</summary>
    public override string ToString()
    {
        string more = Count > _kept.Count ? $"\n  and {Count - _kept.Count} more" : "";
        return string.Concat(_kept.Select(text => $"\n  {text}")) + more;
    }
}
