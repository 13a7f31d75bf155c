using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// One read of payloads at a time, beside the turn. While it runs the places that it reads from stay, and reports of
/// moved entries wait.
/// </summary>
internal sealed class PayloadReading(GroupId group, RaftGroupOwner owner)
{
    private readonly List<MovedEntries> _moves = new(0);
    private PayloadRead? _read;
    private Action<PayloadRead>? _done;

    public bool IsBusy => _read is not null;

    public void Begin(List<LiveEntry> wanted, Action<PayloadRead> done)
    {
        Invariant.Holds(_read is null, "a group reads twice at once");
        _read = new PayloadRead(group, wanted);
        _done = done;
        owner.Read(_read);
    }

    public void Complete(PayloadRead read)
    {
        Invariant.Holds(read == _read, "a read comes back that was not asked for");
        Action<PayloadRead>? done = _done;
        _read = null;
        _done = null;
        foreach (MovedEntries moves in _moves)
            moves.Complete();
        _moves.Clear();
        done?.Invoke(read);
    }

    /// <summary>Nobody wants what is being read any more.</summary>
    public void Forget() => _done = null;

    /// <summary>The old places may go once nothing is read from them.</summary>
    public void Complete(MovedEntries moves)
    {
        if (IsBusy)
            _moves.Add(moves);
        else
            moves.Complete();
    }
}
