using System.Security.Authentication;

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
            async cancellation =>
            {
                Stream stream = await setup.Network.DialAsync(address, cancellation).ConfigureAwait(false);
                attempt.Attach(stream);
                return setup.Tls is { } tls
                    ? await tls.SecureAsync(stream, address.Host).ConfigureAwait(false)
                    : stream;
            },
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
            async _ =>
            {
                attempt.Attach(stream);
                return setup.Tls is { } tls ? await tls.SecureAsync(stream, null).ConfigureAwait(false) : stream;
            },
            handshake => handshake.ListenAsync(judge, settle));

    private async Task<HandshakeOutcome> RunAsync(
        LinkAttempt attempt,
        LinkPurpose purpose,
        PeerIdentity self,
        Func<CancellationToken, Task<Stream>> connect,
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
            handshake = new Handshake(
                stream, setup.Cookie, self, new Opening(_options.LowestVersion, _options.HighestVersion, purpose));
            HandshakeResult result = await talk(handshake).ConfigureAwait(false);
            attempt.NoteKnown();
            return new HandshakeOutcome(result, null, handshake.Peer);
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
    }

    private static Refusal RefusalOf(Exception error) => error switch
    {
        RefusedException refused => refused.Refusal,
        AuthenticationException => new Refusal(RefusalCode.Tls, error.Message),
        EndOfStreamException or ObjectDisposedException or OperationCanceledException => RefusalText.Ended,
        _ => new Refusal(RefusalCode.Unreachable, error.Message),
    };
}
