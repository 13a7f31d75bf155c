using Warren.Cluster.Links;
using Warren.Wire;

namespace Warren.Cluster.Tests.Links;

/// <summary>Two sides of a handshake over a simulated connection, each with what it knows.</summary>
internal sealed class HandshakePair
{
    public HandshakePair()
    {
        Network = new SimulatedNetwork(Turns, Time);
        (DialerEnd, ListenerEnd) = Network.Connect("a", "b");
    }

    public ManualTime Time { get; } = new();

    public SimulatedTurns Turns { get; } = new();

    public SimulatedNetwork Network { get; }

    public SimulatedStream DialerEnd { get; }

    public SimulatedStream ListenerEnd { get; }

    public PeerIdentity Dialer { get; set; } = SimulatedWorld.Identity("a");

    public PeerIdentity Listener { get; set; } = SimulatedWorld.Identity("b");

    public string DialerCookie { get; set; } = "COOKIE";

    public string ListenerCookie { get; set; } = "COOKIE";

    public Opening DialerOpening { get; set; } = new(1, 1, LinkPurpose.Peer);

    public Opening ListenerOpening { get; set; } = new(1, 1, LinkPurpose.Peer);

    public PeerRecord SeenByListener { get; set; }

    public Func<PeerIdentity, LinkPurpose, Refusal?> ListenerSettles { get; set; } = (_, _) => null;

    /// <summary>Runs the dialer's side.</summary>
    public Task<HandshakeResult> Dial()
    {
        var handshake = new Handshake(DialerEnd, WireClient.Bytes(DialerCookie), Dialer, DialerOpening);
        return handshake.DialAsync((peer, purpose) => IdentityChecks.Check(Dialer, peer, purpose, default));
    }

    /// <summary>Runs the listener's side.</summary>
    public Task<HandshakeResult> Listen()
    {
        var handshake = new Handshake(ListenerEnd, WireClient.Bytes(ListenerCookie), Listener, ListenerOpening);
        return handshake.ListenAsync(
            (peer, purpose) => IdentityChecks.Check(Listener, peer, purpose, SeenByListener), ListenerSettles);
    }

    /// <summary>Runs both sides to their ends and says what each found.</summary>
    public (Refusal? Dialer, Refusal? Listener) Refusals()
    {
        Task<HandshakeResult> dialing = Dial();
        Task<HandshakeResult> listening = Listen();
        Turns.Run();
        DialerEnd.Dispose();
        ListenerEnd.Dispose();
        Turns.Run();
        return (RefusalOf(dialing), RefusalOf(listening));
    }

    public static Refusal? RefusalOf(Task<HandshakeResult> handshake) => handshake switch
    {
        { IsCompletedSuccessfully: true } => null,
        { Exception.InnerException: RefusedException refused } => refused.Refusal,
        { Exception.InnerException: IOException } => RefusalText.Ended,
        { Exception.InnerException: { } error } => throw error,
        _ => throw new InvalidOperationException("the handshake has not ended"),
    };
}
