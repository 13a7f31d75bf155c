namespace Warren.Storage.Log;

/// <summary>
/// The shared bodies that somebody in this process may hold: what a copy of one has to be told, and what a checkpoint
/// keeps although no durable entry names it yet.
/// </summary>
internal sealed class SharedBodies
{
    private readonly Dictionary<Lsn, WeakReference<SharedBody>> _bodies = [];

    public void Add(SharedBody body) => _bodies.Add(body.Lsn, new WeakReference<SharedBody>(body));

    /// <summary>A body was copied: whoever holds it reads from there now.</summary>
    public void Move(Lsn lsn, Position to)
    {
        if (_bodies.TryGetValue(lsn, out WeakReference<SharedBody>? held) && held.TryGetTarget(out SharedBody? body))
            body.Position = to;
    }

    /// <summary>Those that somebody holds, by LSN; the others are forgotten.</summary>
    public HashSet<long> Held()
    {
        var held = new HashSet<long>();
        foreach ((Lsn lsn, WeakReference<SharedBody> body) in _bodies)
        {
            if (body.TryGetTarget(out _))
                held.Add(lsn.Value);
            else
                _bodies.Remove(lsn);
        }
        return held;
    }
}
