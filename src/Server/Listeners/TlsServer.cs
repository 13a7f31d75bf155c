using System.Net.Security;
using System.Security.Authentication;
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
    private readonly X509Certificate2Collection _chain = [];
    private readonly SslStreamCertificateContext _context;

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
            _chain.ImportFromPemFile(options.CertificateFile);
            if (options.CaCertificateFile is { } file)
                _authorities.ImportFromPemFile(file);
            // As RabbitMQ does, intermediates of the node's own chain are looked for among the authorities too.
            _context = SslStreamCertificateContext.Create(_certificate, [.. _chain, .. _authorities], offline: true);
        }
        catch (Exception error) when (
            error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigurationException(
                $"ssl_options: the certificate {options.CertificateFile}, the key {options.KeyFile} "
                + $"or the authorities {options.CaCertificateFile ?? "(none)"} cannot be used: {error.Message}");
        }
        if (options.VerifyPeer && _authorities.Count == 0)
        {
            throw new ConfigurationException(
                $"ssl_options.cacertfile: {options.CaCertificateFile} holds no certificate, "
                + "so verify_peer could believe no client");
        }
    }

    /// <summary>Does the handshake; the result owns the stream.</summary>
    /// <exception cref="AuthenticationException">It failed; the message says why.</exception>
    /// <exception cref="TimeoutException"><c>ssl_handshake_timeout</c> is over.</exception>
    public async Task<SslStream> AuthenticateAsync(Stream stream, TimeProvider time, CancellationToken cancellation)
    {
        var secured = new SslStream(stream, leaveInnerStreamOpen: false);
        using var patience = new CancellationTokenSource(
            TimeSpan.FromMilliseconds(_options.HandshakeTimeoutMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
        string? refusal = null;
        try
        {
            await secured.AuthenticateAsServerAsync(
                MakeOptions((_, certificate, chain, errors) =>
                {
                    refusal = WhyRefused(certificate as X509Certificate2, chain, errors);
                    return refusal is null;
                }),
                either.Token).ConfigureAwait(false);
            return secured;
        }
        catch (Exception error)
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            if (refusal is not null)
                throw new AuthenticationException(refusal, error);
            if (error is OperationCanceledException && patience.IsCancellationRequested)
            {
                throw new TimeoutException(
                    $"the TLS handshake took longer than ssl_handshake_timeout = {_options.HandshakeTimeoutMs} ms",
                    error);
            }
            // The outer text only points to the inner one.
            if (error is AuthenticationException { InnerException: { } inner })
                throw new AuthenticationException($"the TLS handshake failed: {Innermost(inner).Message}", error);
            throw;
        }
    }

    public void Dispose()
    {
        _certificate.Dispose();
        foreach (X509Certificate2 certificate in _chain.Concat(_authorities))
            certificate.Dispose();
    }

    // Made anew for each handshake: the runtime puts the intermediates that a client sends into the policy, and the
    // purpose that his certificate must have.
    private SslServerAuthenticationOptions MakeOptions(RemoteCertificateValidationCallback isAccepted)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // A certificate names addresses where its issuer can be fetched; nobody makes the node fetch what he likes.
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_authorities);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _context,
            EnabledSslProtocols = _options.Protocols,
            ClientCertificateRequired = _options.VerifyPeer,
            // A session taken up again holds the client's certificate without the authorities that came with it, so it
            // could not be checked; and a client should show that it still has its key.
            AllowTlsResume = !_options.VerifyPeer,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = isAccepted,
        };
    }

    /// <summary>
    /// Null when the client may enter. Without verify_peer a certificate is not asked for; one that comes all the same
    /// proves nothing and is refused.
    /// </summary>
    private string? WhyRefused(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            return _options.VerifyPeer && _options.FailIfNoPeerCertificate
                ? "the client gave no certificate, which ssl_options.fail_if_no_peer_cert = true demands"
                : null;
        }
        if (!_options.VerifyPeer)
            return "the client gave a certificate that it was not asked for";
        if (errors != SslPolicyErrors.None || chain is null)
        {
            IEnumerable<string> reasons = chain?.ChainStatus.Select(status => status.StatusInformation.Trim()) ?? [];
            return $"the client's certificate {certificate.Subject} is not believed: {string.Join("; ", reasons)}";
        }
        // depth counts the certificates between the client's and the trusted one.
        int between = chain.ChainElements.Count - 2;
        return _options.ChainDepth < between
            ? $"the client's certificate {certificate.Subject} has {between} authorities between it and "
                + $"a trusted one; ssl_options.depth allows {_options.ChainDepth}"
            : null;
    }

    private static Exception Innermost(Exception error) =>
        error.InnerException is { } inner ? Innermost(inner) : error;
}
