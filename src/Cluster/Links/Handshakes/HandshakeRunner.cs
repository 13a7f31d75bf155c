using System.Net.Sockets;
using System.Security.Authentication;
using Warren.Cluster.Turns;

namespace Warren.Cluster.Links;

/// <summary>
/// Brings a connection through TLS and the handshake within its time. Whatever the world does to it comes out as a
/// value.
/// </summary>
internal sealed class HandshakeRunner(PeerLinksSetup setup)
{
    private readonly LinkOptions _options = setup.Options;

    public Task<HandshakeOutcome> DialAsync(
        LinkAttempt attempt,
        PeerAddress address,
        LinkPurpose purpose,
        PeerIdentity self,
        Func<PeerIdentity, LinkPurpose, Refusal?> judge) =>
        RunAsync(
            attempt,
            purpose,
            self,
            cancellation => setup.Network.DialAsync(address, cancellation),
            address.Host,
            handshake => handshake.DialAsync(judge));

    public Task<HandshakeOutcome> ListenAsync(
        LinkAttempt attempt,
        Stream stream,
        PeerIdentity self,
        Func<PeerIdentity, LinkPurpose, Refusal?> judge,
        Func<PeerIdentity, LinkPurpose, Refusal?> settle) =>
        RunAsync(
            attempt,
            LinkPurpose.Peer,
            self,
            _ => Task.FromResult(stream),
            null,
            handshake => handshake.ListenAsync(judge, settle));

    private async Task<HandshakeOutcome> RunAsync(
        LinkAttempt attempt,
        LinkPurpose purpose,
        PeerIdentity self,
        Func<CancellationToken, Task<Stream>> connect,
        string? dialedHost,
        Func<Handshake, Task<HandshakeResult>> talk)
    {
        using var deadline = new CancellationTokenSource(_options.HandshakeTimeout, setup.Time);
        using CancellationTokenRegistration closing = deadline.Token.UnsafeRegister(
            static state => ((LinkAttempt)state!).Abandon(), attempt);
        Handshake? handshake = null;
        Refusal refusal;
        try
        {
            Stream stream = await connect(attempt.GivenUp).ConfigureAwait(false);
            attempt.Attach(stream);
            // Strangers may take all the time that there is, on a thread that waits for nobody else.
            HandshakeResult result = await (stream is IPeerStream { Blocks: true }
                ? LoopThread.Run("link-handshake", TalkAsync)
                : TalkAsync()).ConfigureAwait(false);
            attempt.NoteKnown();
            return new HandshakeOutcome(result, null, handshake!.Peer);
        }
        catch (Exception error)
        {
            // The outermost loop of this connection: whatever it was, it was this one's.
            refusal = error is RefusedException || !deadline.IsCancellationRequested
                ? RefusalOf(error)
                : RefusalText.TimedOut(_options.HandshakeTimeout);
        }
        finally
        {
            handshake?.Dispose();
        }
        attempt.Abandon();
        return new HandshakeOutcome(null, refusal, handshake?.Peer);

        async Task<HandshakeResult> TalkAsync()
        {
            Stream stream = attempt.Stream;
            if (setup.Tls is { } tls)
            {
                stream = await tls.SecureAsync(stream, dialedHost).ConfigureAwait(false);
                attempt.Attach(stream);
            }
            handshake = new Handshake(
                stream, setup.Cookie, self, new Opening(_options.LowestVersion, _options.HighestVersion, purpose));
            return await talk(handshake).ConfigureAwait(false);
        }
    }

    private static Refusal RefusalOf(Exception error) => error switch
    {
        RefusedException refused => refused.Refusal,
        AuthenticationException => new Refusal(RefusalCode.Tls, error.Message),
        EndOfStreamException or ObjectDisposedException or OperationCanceledException => RefusalText.Ended,
        _ => new Refusal(RefusalCode.Unreachable, error.Message)
        {
            IsNobodyThere = error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused },
        },
    };
}
