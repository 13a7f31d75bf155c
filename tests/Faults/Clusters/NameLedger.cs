using System.Collections.Concurrent;

namespace Warren.Faults.Clusters;

/// <summary>What became of each thing of a kind that somebody asked for, as far as answers told.</summary>
/// <param name="kind">Its kind, in the plural.</param>
internal sealed class NameLedger(string kind)
{
    private readonly ConcurrentDictionary<string, NameState> _names = new();
    private int _answered;
    private int _versions;

    /// <summary>Changes that were answered with ok.</summary>
    public int Answered => _answered;

    /// <summary>A change was asked for: from now on it may be there or not.</summary>
    public void Asked(string name) => Set(name, null);

    /// <summary>Its creation was answered with ok.</summary>
    public void Declared(string name) => Answer(name, true);

    /// <summary>Its deletion was answered with ok.</summary>
    public void Deleted(string name) => Answer(name, false);

    /// <summary>It went with something else that was deleted with ok.</summary>
    public void Gone(string name) => Set(name, false);

    /// <summary>What is known of one; null: nobody has asked for it.</summary>
    public NameState? Find(string name) => _names.TryGetValue(name, out NameState? state) ? state : null;

    /// <summary>Compares with what a node has; null: as it should be.</summary>
    public string? Judge(IReadOnlySet<string> present)
    {
        string[] missing = [.. _names.Where(name => name.Value.IsThere == true && !present.Contains(name.Key))
            .Select(name => name.Key)];
        string[] back = [.. _names.Where(name => name.Value.IsThere == false && present.Contains(name.Key))
            .Select(name => name.Key)];
        string[] strange = [.. present.Where(name => !_names.ContainsKey(name))];
        if (missing.Length + back.Length + strange.Length == 0)
            return null;
        return $"{kind} made with ok and missing: [{Few(missing)}]; deleted with ok and there: [{Few(back)}]; "
            + $"never asked for: [{Few(strange)}]";
    }

    private void Answer(string name, bool isThere)
    {
        Set(name, isThere);
        Interlocked.Increment(ref _answered);
    }

    private void Set(string name, bool? isThere) =>
        _names[name] = new NameState(isThere, Interlocked.Increment(ref _versions));

    private static string Few(string[] names) =>
        names.Length <= 5 ? string.Join(", ", names) : $"{string.Join(", ", names[..5])} and {names.Length - 5} more";
}
