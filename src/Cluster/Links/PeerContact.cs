namespace Warren.Cluster.Links;

/// <summary>
/// A node that is to be dialed, by its name: where, when next, and what came of it. Guarded by the lock of
/// <see cref="PeerLinks"/>.
/// </summary>
internal sealed class PeerContact(KnownPeer known, DialPause pause, long now)
{
    public KnownPeer Known { get; } = known;

    /// <summary>Who was met under the name.</summary>
    public NodeId Id { get; set; } = known.Id;

    /// <summary>A timestamp of the time provider.</summary>
    public long NextDialAt { get; private set; } = now;

    public bool IsDialing { get; set; }

    public Refusal? Refusal { get; private set; }

    /// <summary>Another node answers where this one was dialed; null: it is the one.</summary>
    public Refusal? Mismatch(PeerIdentity found) =>
        found.Name == Known.Name && (Known.Id.IsNone || found.NodeId == Known.Id)
            ? null
            : RefusalText.OtherNode(Known.Name, Known.Id, found);

    /// <summary>The link is up: what was wrong is over.</summary>
    public void NoteUp() => Refusal = null;

    /// <summary>The link has ended; one that held is tried again soon.</summary>
    public void NoteDown(bool hasHeld, TimeProvider time)
    {
        if (hasHeld)
            pause.Reset();
        Wait(pause.Next(), time);
    }

    /// <summary>True if it is another reason than the last.</summary>
    public bool NoteRefusal(Refusal refusal, TimeProvider time)
    {
        bool isTemporary = refusal.Code is RefusalCode.AlreadyLinked or RefusalCode.TimedOut
            or RefusalCode.Unreachable or RefusalCode.Busy or RefusalCode.Stopping;
        Wait(isTemporary ? pause.Next() : pause.Longest(), time);
        bool isNew = Refusal != refusal;
        Refusal = refusal;
        return isNew;
    }

    private void Wait(TimeSpan span, TimeProvider time) =>
        NextDialAt = time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency);
}
