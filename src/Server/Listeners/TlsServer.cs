using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Warren.Server.Configuration;

namespace Warren.Server.Listeners;

/// <summary>The server's side of TLS: its certificate, and which client certificates it believes.</summary>
public sealed class TlsServer : IDisposable
{
    private readonly TlsOptions _options;
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _authorities = [];
    private readonly SslServerAuthenticationOptions _authentication;

    /// <summary>Reads the files.</summary>
    /// <exception cref="ConfigurationException">One of them cannot be read or is not what it should be.</exception>
    public TlsServer(TlsOptions options)
    {
        _options = options;
        try
        {
            _certificate = options.KeyPassword is { } password
                ? X509Certificate2.CreateFromEncryptedPemFile(options.CertificateFile, password, options.KeyFile)
                : X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(options.CertificateFile);
            if (options.CaCertificateFile is { } file)
                _authorities.ImportFromPemFile(file);
            _authentication = MakeOptions(chain);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(
                $"ssl_options: the certificate {options.CertificateFile}, the key {options.KeyFile} "
                + $"or the authorities {options.CaCertificateFile} cannot be used: {error.Message}");
        }
    }

    /// <summary>Does the handshake; the result owns the stream.</summary>
    public async Task<SslStream> AuthenticateAsync(Stream stream, CancellationToken cancellation)
    {
        var secured = new SslStream(stream, leaveInnerStreamOpen: false);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(_options.HandshakeTimeoutMs);
        try
        {
            await secured.AuthenticateAsServerAsync(_authentication, timeout.Token).ConfigureAwait(false);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Dispose()
    {
        _certificate.Dispose();
        foreach (X509Certificate2 authority in _authorities)
            authority.Dispose();
    }

    private SslServerAuthenticationOptions MakeOptions(X509Certificate2Collection chain) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, chain, offline: true),
        EnabledSslProtocols = _options.Protocols,
        ClientCertificateRequired = _options.VerifyPeer,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => Accepts(certificate as X509Certificate2),
    };

    // Without verify_peer a certificate is not asked for; one that comes all the same proves nothing and is refused.
    private bool Accepts(X509Certificate2? certificate)
    {
        if (certificate is null)
            return !_options.VerifyPeer || !_options.FailIfNoPeerCertificate;
        if (!_options.VerifyPeer)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        if (!chain.Build(certificate))
            return false;
        // depth counts the certificates between the client's and the trusted one.
        return _options.ChainDepth is not { } depth || chain.ChainElements.Count - 2 <= depth;
    }
}
