using Warren.Broker.Definitions.Entries;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>What is known of another node. Owned by the definitions' turn.</summary>
/// <param name="nowMs">When it was met.</param>
internal sealed class PeerProgress(long nowMs)
{
    private NodeWord _word;

    public bool IsUp { get; set; }

    /// <summary>How far it is, since the link is up.</summary>
    public bool HasTold { get; set; }

    /// <summary>Its process has ended, and nothing was heard of another.</summary>
    public bool IsGone { get; set; }

    /// <summary>When something was heard of it.</summary>
    public long HeardMs { get; set; } = nowMs;

    /// <summary>When something was heard that this node echoes: for so long it is waited for.</summary>
    public long EchoedMs { get; set; } = nowMs;

    /// <summary>What is echoed to it: the start and the time that it said.</summary>
    public (long Boot, long SaidMs) Echo { get; private set; }

    /// <summary>It has said something that it has to hear of at once.</summary>
    public bool IsOwedEcho { get; set; }

    /// <summary>What it has heard last of this node in a term.</summary>
    public (long Term, long SaidMs) HeardOf { get; private set; }

    /// <summary>The last that it has said; zero: nothing yet.</summary>
    public NodeWord Word => _word;

    /// <summary>The pieces of a proposal that have come, and its number.</summary>
    public (MemoryStream? Pieces, long Number) Assembled { get; set; }

    /// <summary>Takes what it says; false: it has said something later already, which came by a shorter way.</summary>
    /// <param name="word">What.</param>
    /// <param name="boot">This node's.</param>
    public bool Take(in NodeWord word, long boot)
    {
        if ((word.Boot, word.SaidMs, word.Applied).CompareTo((_word.Boot, _word.SaidMs, _word.Applied)) < 0)
            return false;
        _word = word;
        HasTold = true;
        if (word.HeardBoot == boot && (word.Term, word.HeardMs).CompareTo(HeardOf) > 0)
            HeardOf = (word.Term, word.HeardMs);
        return true;
    }

    /// <summary>It is waited for from now on as long as a lease may last that comes of it.</summary>
    public void Grant(long nowMs)
    {
        EchoedMs = nowMs;
        if (Echo == (_word.Boot, _word.SaidMs))
            return;
        Echo = (_word.Boot, _word.SaidMs);
        IsOwedEcho = true;
    }

    /// <summary>How far it surely is in a session; null: the session's process is no more.</summary>
    public long? AppliedIn(NodeSession session)
    {
        if (_word.Boot > session.Boot)
            return null;
        return _word.Boot == session.Boot ? _word.Applied : 0;
    }

    /// <summary>Whether it may still route and answer in a session by what it has, as far as the leader knows.</summary>
    public bool MaySpeak(NodeSession session, long nowMs) =>
        !IsGone && nowMs - EchoedMs < ServingLease.WaitMs
        && !(HasTold && _word.Boot == session.Boot && _word.Incarnation == 0);
}
