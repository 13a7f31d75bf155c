namespace Warren.Cluster.Links;

/// <summary>
/// Which connection between two nodes is their link. Both may dial at once; each follows these rules about what it sees
/// itself, and when all messages have arrived both have chosen the same one. Pure; the owner has a lock.
/// <list type="bullet">
/// <item>A dialer accepts (the third message of its handshake) only while it has no link.</item>
/// <item>A listener that is accepted takes the connection, also in place of a link that was there when it answered: a
/// peer that dials has none, so that one is dead and this node has not noticed. A link that came up since is younger
/// than the dial, and stays.</item>
/// <item>But when its own dial has accepted as well, the two have crossed: the dial of the node with the lower
/// identity stays, on both sides.</item>
/// </list>
/// </summary>
/// <param name="isOwnDialPreferred">This node has the lower identity.</param>
internal sealed class LinkChoice<T>(bool isOwnDialPreferred)
    where T : class
{
    /// <summary>The link; null: none.</summary>
    public T? Up { get; private set; }

    /// <summary>The own dial that has accepted and waits for the other side's last word. Never beside a link.</summary>
    public T? Accepted { get; private set; }

    /// <summary>Rises with every link; what it was at a listener's answer goes into <see cref="TrySettle"/>.</summary>
    public int Links { get; private set; }

    /// <summary>The dialer is about to accept; false: it must refuse, there is a link.</summary>
    public bool TryAccept(T dial)
    {
        if (Up is not null || Accepted is not null)
            return false;
        Accepted = dial;
        return true;
    }

    /// <summary>
    /// The listener has been accepted; false: it must refuse, its own dial or the link stays. Else the connection is
    /// the link, and what was in its place is to be closed.
    /// </summary>
    /// <param name="incoming">The connection.</param>
    /// <param name="linksAtAnswer">What <see cref="Links"/> was when it was answered.</param>
    /// <param name="displaced">The link, or the own dial that had accepted.</param>
    public bool TrySettle(T incoming, int linksAtAnswer, out T? displaced)
    {
        displaced = null;
        if ((Accepted is not null && isOwnDialPreferred) || (Up is not null && Links != linksAtAnswer))
            return false;
        displaced = Up ?? Accepted;
        Accepted = null;
        Up = incoming;
        Links++;
        return true;
    }

    /// <summary>The dialer got the other side's last word; false: it has been displaced meanwhile.</summary>
    public bool TryConfirm(T dial)
    {
        if (!ReferenceEquals(Accepted, dial))
            return false;
        Accepted = null;
        Up = dial;
        Links++;
        return true;
    }

    /// <summary>The connection is over, whatever it was.</summary>
    public void End(T connection)
    {
        if (ReferenceEquals(Up, connection))
            Up = null;
        if (ReferenceEquals(Accepted, connection))
            Accepted = null;
    }
}
