namespace Warren.Broker.Definitions;

/// <summary>
/// A change on its way: it has proposed entries, and its answers wait until they are applied. If one of them meets
/// another state than the change was checked against, it runs again. Owned by the definitions' turn.
/// </summary>
internal sealed class PendingChange(DefinitionsChange change, long startedMs)
{
    /// <summary>
    /// Each run but the first means that somebody else has changed the same meanwhile; a change that finds another
    /// state so often is told so.
    /// </summary>
    private const int MostRuns = 1000;

    private readonly List<Action> _answers = new(0);
    private int _runs;

    public DefinitionsChange Change => change;

    /// <summary>When it came, by the monotonic clock.</summary>
    public long StartedMs => startedMs;

    /// <summary>Entries that it has proposed and that are not applied.</summary>
    public int Outstanding { get; set; }

    /// <summary>Something that it proposed has changed nothing.</summary>
    public bool IsRefused { get; set; }

    /// <summary>It found something missing, which another node may have.</summary>
    public bool WantsBarrier { get; set; }

    /// <summary>What it finds missing now was missing, on all nodes, when it was asked for.</summary>
    public bool HadBarrier { get; set; }

    /// <summary>It found something that is about to go, and runs again when others are seen.</summary>
    public bool AwaitsPublish { get; set; }

    /// <summary>An answer waits until what was changed is there to stay.</summary>
    public bool AwaitsSettlement { get; set; }

    /// <summary>Called when nobody waits for it any more.</summary>
    public Action? Ended { get; set; }

    /// <summary>It has been answered, or is.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Its answers must wait.</summary>
    public bool MustWait => Outstanding > 0 || IsRefused || WantsBarrier || AwaitsPublish;

    public bool MayRun => _runs < MostRuns;

    public void Begin()
    {
        _runs++;
        _answers.Clear();
        IsRefused = WantsBarrier = AwaitsPublish = false;
    }

    /// <summary>To be run once all it proposed is applied.</summary>
    public void WhenApplied(Action answer) => _answers.Add(answer);

    public void Answer()
    {
        foreach (Action answer in _answers)
            answer();
        _answers.Clear();
    }

    public void End()
    {
        IsOver = true;
        Ended?.Invoke();
        Ended = null;
    }
}
