using System.Globalization;

namespace Warren.Cluster.Links;

/// <summary>
/// The sentences of refusals. Those about two nodes name both and are true on both sides; the others are made by
/// whoever shows them, since what came unproven is not to be believed.
/// </summary>
internal static class RefusalText
{
    public static Refusal NotOurs { get; } = new(
        RefusalCode.Malformed,
        "what came does not begin like a Warren node's handshake: something else speaks to the peer port, "
        + "or one side uses TLS for peer links and the other does not");

    public static Refusal Unreadable { get; } = new(
        RefusalCode.Malformed, "a message of the handshake is not whole or holds what cannot be");

    public static Refusal TooLong(int payloadBytes) => new(
        RefusalCode.Malformed,
        $"a message of the handshake has {payloadBytes} bytes; at most {HandshakeStream.MostPayloadBytes} are read");

    public static Refusal Unexpected(HandshakeType expected, HandshakeType found) => new(
        RefusalCode.Malformed,
        string.Create(
            CultureInfo.InvariantCulture,
            $"message {(byte)expected} of the handshake was expected, {(byte)found} came"));

    public static Refusal NoCommonVersion(Opening own, Opening other) => new(
        RefusalCode.NoCommonVersion,
        $"this node speaks {own.Versions} of the peer protocol, the other {other.Versions}: "
        + "upgrade in steps, so that neighbouring releases run side by side");

    public static Refusal WrongCookie { get; } = new(
        RefusalCode.WrongCookie,
        "the two nodes have different cookies: "
        + "copy .erlang.cookie from one to the other, with mode 400, and restart that one");

    public static Refusal WrongCluster(PeerIdentity one, PeerIdentity other) => new(
        RefusalCode.WrongCluster,
        one.IsBlank || other.IsBlank
            ? $"{(one.IsBlank ? one : other).Name} belongs to no cluster, "
                + $"{(one.IsBlank ? other : one).Name} to {(one.IsBlank ? other : one).ClusterId}: join_cluster first"
            : $"{one.Name} belongs to cluster {one.ClusterId}, {other.Name} to {other.ClusterId}: "
                + "nodes of two clusters do not link; reset one of them to let it join the other");

    public static Refusal WrongGeneration(PeerIdentity one, PeerIdentity other) => new(
        RefusalCode.WrongGeneration,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{one.Name} is of generation {one.Generation} of the cluster, {other.Name} of {other.Generation}: ")
        + "it was begun anew by force_boot while one of them was away; "
        + $"set the data of {(one.Generation < other.Generation ? one : other).Name} aside and join again");

    public static Refusal SameName(PeerIdentity one, PeerIdentity other) => new(
        RefusalCode.SameName,
        $"two nodes are called {one.Name} ({one.NodeId} and {other.NodeId}): give one another RABBITMQ_NODENAME");

    public static Refusal SameIdentity(PeerIdentity one, PeerIdentity other) => new(
        RefusalCode.SameIdentity,
        $"two running nodes, {one.Name} and {other.Name}, have one identity, {one.NodeId}: "
        + "a data directory was copied; stop the copy and remove its directory");

    public static Refusal Itself(PeerIdentity self) => new(
        RefusalCode.Itself, $"the address leads to {self.Name} itself");

    public static Refusal Forgotten(PeerIdentity peer) => new(
        RefusalCode.Forgotten,
        $"{peer.Name} ({peer.NodeId}) was removed from the cluster: force_reset it and let it join again");

    public static Refusal WentBack(PeerIdentity peer, PeerRecord seen) => new(
        RefusalCode.WentBack,
        string.Create(
            CultureInfo.InvariantCulture,
            $"the data directory of {peer.Name} went back in time: it is at boot {peer.Boot}, LSN {peer.DurableLsn}, ")
        + string.Create(
            CultureInfo.InvariantCulture,
            $"and was seen at boot {seen.Boot}, LSN {seen.DurableLsn}: it was restored from a copy; ")
        + "force_reset it and let it join again");

    public static Refusal OtherNode(NodeName expected, NodeId expectedId, PeerIdentity found) => new(
        RefusalCode.OtherNode,
        expectedId.IsNone || found.Name != expected
            ? $"{expected} was dialed, {found.Name} answers there: see the name's address and the peer port"
            : $"{expected} was {expectedId} and is {found.NodeId} now: its data directory is new; "
                + "forget the old one and let it join again");

    public static Refusal NotMember(PeerIdentity peer) => new(
        RefusalCode.NotMember, $"{peer.Name} did not come to link, or has no identity");

    public static Refusal AlreadyLinked(PeerIdentity one, PeerIdentity other) => new(
        RefusalCode.AlreadyLinked, $"{one.Name} and {other.Name} have a link");

    public static Refusal Busy { get; } = new(
        RefusalCode.Busy, "too many handshakes at once on the peer port; it is tried again");

    public static Refusal TimedOut(TimeSpan limit) => new(
        RefusalCode.TimedOut,
        string.Create(CultureInfo.InvariantCulture, $"it took longer than {limit.TotalMilliseconds} ms to link: ")
        + "the other side does not answer");

    public static Refusal Ended { get; } = new(
        RefusalCode.Unreachable, "the connection ended within the handshake");

    /// <summary>What an unproven refusal of the other side means; its own words are not believed.</summary>
    public static Refusal Unproven(RefusalCode code, Opening own) => code switch
    {
        RefusalCode.WrongCookie => WrongCookie,
        RefusalCode.Busy => Busy,
        RefusalCode.NoCommonVersion => new(
            code, $"the other node speaks no version of the peer protocol that this one does ({own.Versions})"),
        RefusalCode.Malformed => new(code, "the other side does not understand this node's handshake"),
        RefusalCode.Stopping => new(code, "the other node stops"),
        _ => new(
            code, string.Create(CultureInfo.InvariantCulture, $"the other side refused, for reason {(ushort)code}")),
    };
}
