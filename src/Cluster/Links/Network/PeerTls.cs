using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Warren.Cluster.Links;

/// <summary>
/// Mutual TLS beneath the handshake: both sides show a certificate of the cluster's authorities, and the dialer checks
/// that it names the host it dialed. The cookie is demanded all the same.
/// </summary>
public sealed class PeerTls
{
    private readonly SslStreamCertificateContext _context;
    private readonly X509Certificate2Collection _authorities;

    /// <param name="certificate">This node's, with its key.</param>
    /// <param name="intermediates">What stands between it and an authority.</param>
    /// <param name="authorities">Who may sign a node's certificate; nobody else is believed.</param>
    public PeerTls(
        X509Certificate2 certificate,
        X509Certificate2Collection intermediates,
        X509Certificate2Collection authorities)
    {
        _context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
        _authorities = authorities;
    }

    /// <summary>Does the TLS handshake; the result owns the stream. Closing the stream ends the wait.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="host">The host that was dialed; null for the listener's side.</param>
    /// <exception cref="AuthenticationException">It failed; the message says why.</exception>
    internal async Task<Stream> SecureAsync(Stream stream, string? host)
    {
        var secured = new SecuredPeerStream(stream);
        string? refusal = null;
        bool IsBelieved(object _, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            refusal = WhyRefused(certificate, chain, errors, host);
            return refusal is null;
        }
        try
        {
            if (host is null)
                await secured.AuthenticateAsServerAsync(ServerOptions(IsBelieved)).ConfigureAwait(false);
            else
                await secured.AuthenticateAsClientAsync(ClientOptions(host, IsBelieved)).ConfigureAwait(false);
            return secured;
        }
        catch (AuthenticationException error)
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            throw new AuthenticationException(
                $"the TLS handshake failed: {refusal ?? (error.InnerException ?? error).Message}", error);
        }
        catch
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SslServerAuthenticationOptions ServerOptions(RemoteCertificateValidationCallback isBelieved) => new()
    {
        ServerCertificateContext = _context,
        EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12,
        ClientCertificateRequired = true,
        // A session taken up again would not show that the peer still has its key.
        AllowTlsResume = false,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = isBelieved,
    };

    private SslClientAuthenticationOptions ClientOptions(
        string host, RemoteCertificateValidationCallback isBelieved) => new()
        {
            TargetHost = host,
            ClientCertificateContext = _context,
            EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12,
            AllowTlsResume = false,
            CertificateChainPolicy = Policy(),
            RemoteCertificateValidationCallback = isBelieved,
        };

    // Made anew for each handshake: the runtime puts what the other side sends into it.
    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // A certificate names addresses where its issuer can be fetched; nobody makes the node fetch what he likes.
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_authorities);
        return policy;
    }

    private static string? WhyRefused(
        X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, string? host)
    {
        if (certificate is null)
            return "the other side gave no certificate";
        if (errors == SslPolicyErrors.None)
            return null;
        if (errors == SslPolicyErrors.RemoteCertificateNameMismatch)
            return $"the certificate {certificate.Subject} does not name {host}, the host that was dialed";
        IEnumerable<string> reasons = chain?.ChainStatus.Select(status => status.StatusInformation.Trim()) ?? [];
        return $"the certificate {certificate.Subject} is not believed: {string.Join("; ", reasons)}";
    }
}
