using Warren.Broker.Definitions.Entries;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>What is known of another node. Owned by the definitions' turn.</summary>
/// <param name="nowMs">When it was met.</param>
internal sealed class PeerProgress(long nowMs)
{
    private NodeWord _word;

    public bool IsUp { get; private set; }

    /// <summary>Since when its link is up, or away; of one that was never there, since it was met.</summary>
    public long LinkSinceMs { get; private set; } = nowMs;

    /// <summary>When something has come from it last, by whatever way, or its link was there.</summary>
    public long SeenMs { get; private set; } = nowMs;

    /// <summary>How far it is, since the link is up.</summary>
    public bool HasTold { get; set; }

    /// <summary>The processes of its directory's starts up to this have ended, as the end of a link has told.</summary>
    public long GoneBoot { get; set; }

    /// <summary>Those of up to this have said that they will never serve again.</summary>
    public long ClosedBoot { get; private set; }

    /// <summary>When something was heard of it.</summary>
    public long HeardMs { get; set; } = nowMs;

    /// <summary>When something was heard that this node echoes, or will: for so long it is waited for.</summary>
    public long GrantedMs { get; set; } = nowMs;

    /// <summary>What is echoed to it: the start and the time that it said.</summary>
    public (long Boot, long SaidMs) Echo { get; private set; }

    /// <summary>
    /// What is to be echoed once it is known that this node led when it heard it, and when that was.
    /// </summary>
    public (long Boot, long SaidMs, long HeardMs)? Unconfirmed { get; private set; }

    /// <summary>It has said something that it has to hear of at once.</summary>
    public bool IsOwedEcho { get; set; }

    /// <summary>What it has heard last of this node in a term.</summary>
    public (long Term, long SaidMs) HeardOf { get; private set; }

    /// <summary>The last that it has said; zero: nothing yet.</summary>
    public NodeWord Word => _word;

    /// <summary>The pieces of a proposal that have come, and its number.</summary>
    public (MemoryStream? Pieces, long Number) Assembled { get; set; }

    /// <summary>Its link is up, or away.</summary>
    public void SetUp(bool isUp, long nowMs)
    {
        (IsUp, LinkSinceMs, SeenMs, HeardMs) = (isUp, nowMs, nowMs, nowMs);
        HasTold = false;
        Assembled = default;
    }

    /// <summary>Something has come from it.</summary>
    public void Heard(long nowMs) => (SeenMs, HeardMs) = (nowMs, nowMs);

    /// <summary>Takes what it says; false: it has said something later already, which came by a shorter way.</summary>
    /// <param name="word">What.</param>
    /// <param name="boot">This node's.</param>
    public bool Take(in NodeWord word, long boot)
    {
        if ((word.Boot, word.SaidMs, word.Applied).CompareTo((_word.Boot, _word.SaidMs, _word.Applied)) < 0)
            return false;
        _word = word;
        HasTold = true;
        if (word.Incarnation < 0)
            ClosedBoot = Math.Max(ClosedBoot, word.Boot);
        if (word.HeardBoot == boot && (word.Term, word.HeardMs).CompareTo(HeardOf) > 0)
            HeardOf = (word.Term, word.HeardMs);
        return true;
    }

    /// <summary>This node does not lead: what it echoes makes the leader sure that it does.</summary>
    /// <param name="isOwed">To the leader, who waits for it.</param>
    public void Hear(bool isOwed)
    {
        Unconfirmed = null;
        IsOwedEcho = isOwed && (IsOwedEcho || Echo != (_word.Boot, _word.SaidMs));
        Echo = (_word.Boot, _word.SaidMs);
    }

    /// <summary>This node leads, and waits for it from now on as long as a lease may last that comes of it.</summary>
    public void Grant(long nowMs)
    {
        // Whom nobody waits for is lent nothing: what came late from one that has ended, or lives after all.
        if (_word.Boot <= Math.Max(GoneBoot, ClosedBoot))
            return;
        GrantedMs = nowMs;
        // The first is confirmed first: what comes behind it would never be, if it came often enough.
        if (Echo != (_word.Boot, _word.SaidMs))
            Unconfirmed ??= (_word.Boot, _word.SaidMs, nowMs);
    }

    /// <summary>This node led until a moment for certain.</summary>
    public void Confirm(long ledMs)
    {
        if (Unconfirmed is not { } said || said.HeardMs > ledMs)
            return;
        Unconfirmed = null;
        Echo = (said.Boot, said.SaidMs);
        IsOwedEcho = true;
    }

    /// <summary>How far it surely is in a session; null: the session's process is no more.</summary>
    public long? AppliedIn(NodeSession session)
    {
        if (_word.Boot > session.Boot)
            return null;
        return _word.Boot == session.Boot ? _word.Applied : 0;
    }

    /// <summary>Whether it may route and answer in a session by what it has, as far as the leader knows.</summary>
    public bool MaySpeak(NodeSession session, long nowMs, long term)
    {
        // It had no session then, and so no lease; its next one comes through the leader of that term, or a later one.
        bool servesNobody = _word.Boot == session.Boot && _word.Incarnation == 0 && _word.Term == term;
        return !servesNobody && session.Boot > Math.Max(GoneBoot, ClosedBoot)
            && nowMs - GrantedMs < ServingLease.WaitMs;
    }
}
