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
            Stream stream = await connect(deadline.Token).ConfigureAwait(false);
            attempt.Attach(stream);
            handshake = new Handshake(
                stream, setup.Cookie, self, new Opening(_options.LowestVersion, _options.HighestVersion, purpose));
            HandshakeResult result = await talk(handshake).ConfigureAwait(false);
            attempt.NoteKnown();
            return new HandshakeOutcome(result, null, handshake.Peer);
        }
        catch (RefusedException error)
        {
            refusal = error.Refusal;
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            refusal = RefusalText.TimedOut(_options.HandshakeTimeout);
        }
        catch (AuthenticationException error)
        {
            refusal = new Refusal(RefusalCode.Tls, error.Message);
        }
        catch (Exception error) when (error is EndOfStreamException or ObjectDisposedException)
        {
            refusal = RefusalText.Ended;
        }
        catch (IOException error)
        {
            refusal = new Refusal(RefusalCode.Unreachable, error.Message);
        }
        finally
        {
            handshake?.Dispose();
        }
        attempt.Abandon();
        return new HandshakeOutcome(null, refusal, handshake?.Peer);
    }
}
