using System.Security.Cryptography;

namespace Warren.Cluster.Links;

/// <summary>
/// The conversation before a link, one side of it (docs/formats/peer-links.md):
/// <code>
/// dialer                                     listener
/// Opening: versions, purpose, nonce    -->
///                                      &lt;--   Opening: versions, nonce
/// Introduction: who it is, proof       -->   checks the proof, then who it is
///          checks both                 &lt;--   Answer: verdict, who it is, proof
/// Verdict, proof                       -->   settles which link stays, if there are two
///          the link is up              &lt;--   Verdict, proof; the link is up
/// </code>
/// The dialer proves the cookie first: a stranger who connects gets nothing that he could try cookies on. The owner of
/// the stream bounds the time by closing it.
/// </summary>
internal sealed class Handshake(Stream stream, ReadOnlyMemory<byte> cookie, PeerIdentity self, Opening own)
    : IDisposable
{
    private const int NonceBytes = 32;

    private static readonly byte[] DialerIntroduces = "warren dialer introduces"u8.ToArray();
    private static readonly byte[] ListenerAnswers = "warren listener answers"u8.ToArray();
    private static readonly byte[] DialerDecides = "warren dialer decides"u8.ToArray();
    private static readonly byte[] ListenerDecides = "warren listener decides"u8.ToArray();
    private static readonly byte[] DialerSalt = "warren dialer salt"u8.ToArray();
    private static readonly byte[] ListenerSalt = "warren listener salt"u8.ToArray();

    private readonly HandshakeStream _messages = new(stream, cookie.Span);

    /// <summary>The other side once it is proven, also if it is refused then.</summary>
    public PeerIdentity? Peer { get; private set; }

    /// <summary>The dialer's side.</summary>
    /// <param name="judge">Who must not be linked with; then whether the link is still wanted.</param>
    /// <exception cref="RefusedException">One of the two refused; where possible the other was told.</exception>
    /// <exception cref="IOException">The stream failed or ended.</exception>
    public async Task<HandshakeResult> DialAsync(Func<PeerIdentity, LinkPurpose, Refusal?> judge)
    {
        await SendOpeningAsync().ConfigureAwait(false);
        Opening other = await ReceiveOpeningAsync().ConfigureAwait(false);
        ushort version = await AgreeAsync(other).ConfigureAwait(false);
        await _messages.WriteAsync(
            HandshakeType.Introduction, IdentityBody.Write(_messages.Payload, self), DialerIntroduces)
            .ConfigureAwait(false);
        await ReceiveAnswerAsync().ConfigureAwait(false);
        Refusal? refusal = judge(Peer!, own.Purpose);
        await DecideAsync(refusal, DialerDecides).ConfigureAwait(false);
        await ReceiveVerdictAsync(ListenerDecides).ConfigureAwait(false);
        return new HandshakeResult(
            Peer!, own.Purpose, version, _messages.Salt(ListenerSalt), _messages.Salt(DialerSalt));
    }

    /// <summary>The listener's side.</summary>
    /// <param name="judge">Who must not be linked with.</param>
    /// <param name="settle">The dialer has accepted: whether the link is still wanted.</param>
    /// <exception cref="RefusedException">One of the two refused; where possible the other was told.</exception>
    /// <exception cref="IOException">The stream failed or ended.</exception>
    public async Task<HandshakeResult> ListenAsync(
        Func<PeerIdentity, LinkPurpose, Refusal?> judge, Func<PeerIdentity, LinkPurpose, Refusal?> settle)
    {
        Opening other = await ReceiveOpeningAsync().ConfigureAwait(false);
        await SendOpeningAsync().ConfigureAwait(false);
        ushort version = await AgreeAsync(other).ConfigureAwait(false);
        await ReceiveIntroductionAsync().ConfigureAwait(false);
        Refusal? refusal = judge(Peer!, other.Purpose);
        int verdictBytes = VerdictBody.Write(_messages.Payload, refusal);
        int identityBytes = IdentityBody.Write(_messages.Payload[verdictBytes..], self);
        await _messages.WriteAsync(HandshakeType.Answer, verdictBytes + identityBytes, ListenerAnswers)
            .ConfigureAwait(false);
        if (refusal is not null)
            throw new RefusedException(refusal);
        await ReceiveVerdictAsync(DialerDecides).ConfigureAwait(false);
        await DecideAsync(settle(Peer!, other.Purpose), ListenerDecides).ConfigureAwait(false);
        return new HandshakeResult(
            Peer!, other.Purpose, version, _messages.Salt(DialerSalt), _messages.Salt(ListenerSalt));
    }

    public void Dispose() => _messages.Dispose();

    private ValueTask SendOpeningAsync()
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        own.Write(_messages.Payload, nonce);
        return _messages.WriteAsync(HandshakeType.Opening, Opening.SizeBytes);
    }

    private async Task<Opening> ReceiveOpeningAsync()
    {
        HandshakeMessage message = await ReceiveAsync(HandshakeType.Opening).ConfigureAwait(false);
        if (!Opening.TryRead(message.Payload.Span, out Opening other))
            throw await RefuseAsync(RefusalText.Unreadable).ConfigureAwait(false);
        _messages.Accept(message);
        return other;
    }

    private async Task<ushort> AgreeAsync(Opening other)
    {
        ushort version = own.CommonWith(other);
        return version > 0
            ? version
            : throw await RefuseAsync(RefusalText.NoCommonVersion(own, other)).ConfigureAwait(false);
    }

    private async Task ReceiveIntroductionAsync()
    {
        HandshakeMessage message = await ReceiveAsync(HandshakeType.Introduction).ConfigureAwait(false);
        if (!_messages.TryAccept(message, DialerIntroduces))
            throw await RefuseAsync(RefusalText.WrongCookie).ConfigureAwait(false);
        ReadOnlySpan<byte> payload = message.Payload.Span[..^Transcript.ProofBytes];
        if (!IdentityBody.TryRead(ref payload, out PeerIdentity? peer))
            throw new RefusedException(RefusalText.Unreadable);
        Peer = peer;
    }

    private async Task ReceiveAnswerAsync()
    {
        HandshakeMessage message = await ReceiveAsync(HandshakeType.Answer).ConfigureAwait(false);
        if (!_messages.TryAccept(message, ListenerAnswers))
            throw await RefuseAsync(RefusalText.WrongCookie).ConfigureAwait(false);
        ReadOnlySpan<byte> payload = message.Payload.Span[..^Transcript.ProofBytes];
        if (!VerdictBody.TryRead(ref payload, out Refusal? refusal)
            || !IdentityBody.TryRead(ref payload, out PeerIdentity? peer))
            throw new RefusedException(RefusalText.Unreadable);
        Peer = peer;
        if (refusal is not null)
            throw new RefusedException(refusal);
    }

    private async Task DecideAsync(Refusal? refusal, byte[] label)
    {
        try
        {
            await _messages.WriteAsync(
                HandshakeType.Verdict, VerdictBody.Write(_messages.Payload, refusal), label).ConfigureAwait(false);
        }
        catch (Exception error) when (
            refusal is not null && (error is IOException or ObjectDisposedException))
        {
            // It has left; the reason is for our own side then.
        }
        if (refusal is not null)
            throw new RefusedException(refusal);
    }

    private async Task ReceiveVerdictAsync(byte[] label)
    {
        HandshakeMessage message = await ReceiveAsync(HandshakeType.Verdict).ConfigureAwait(false);
        if (!_messages.TryAccept(message, label))
            throw await RefuseAsync(RefusalText.WrongCookie).ConfigureAwait(false);
        ReadOnlySpan<byte> payload = message.Payload.Span[..^Transcript.ProofBytes];
        if (!VerdictBody.TryRead(ref payload, out Refusal? refusal))
            throw new RefusedException(RefusalText.Unreadable);
        if (refusal is not null)
            throw new RefusedException(refusal);
    }

    private async ValueTask<HandshakeMessage> ReceiveAsync(HandshakeType expected)
    {
        HandshakeMessage message;
        try
        {
            message = await _messages.ReadAsync().ConfigureAwait(false);
        }
        catch (RefusedException refused)
        {
            throw await RefuseAsync(refused.Refusal).ConfigureAwait(false);
        }
        if (message.Type == HandshakeType.Refusal)
        {
            ReadOnlySpan<byte> payload = message.Payload.Span;
            VerdictBody.TryRead(ref payload, out Refusal? refusal);
            throw new RefusedException(RefusalText.Unproven(refusal?.Code ?? RefusalCode.Malformed, own));
        }
        return message.Type == expected
            ? message
            : throw await RefuseAsync(RefusalText.Unexpected(expected, message.Type)).ConfigureAwait(false);
    }

    // Tells the reason without proof, and by its number alone: the other side may be anybody.
    private async ValueTask<RefusedException> RefuseAsync(Refusal refusal)
    {
        try
        {
            int payloadBytes = VerdictBody.Write(_messages.Payload, new Refusal(refusal.Code, ""));
            await _messages.WriteAsync(HandshakeType.Refusal, payloadBytes).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // It has left; the reason is for our own side then.
        }
        return new RefusedException(refusal);
    }
}
