using System.Security.Authentication;

namespace Warren.Server.Configuration;

/// <summary><c>ssl_options.*</c>: one set for all TLS listeners. The files were readable when this was made.</summary>
public sealed record TlsOptions
{
    /// <summary>PEM with the node's certificate, and its chain.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>PEM with the private key.</summary>
    public required string KeyFile { get; init; }

    /// <summary>
    /// PEM with the authorities that sign clients' certificates; set whenever <see cref="VerifyPeer"/> is.
    /// </summary>
    public string? CaCertificateFile { get; init; }

    /// <summary>Opens an encrypted key file.</summary>
    public string? KeyPassword { get; init; }

    /// <summary><c>verify = verify_peer</c>: a client's certificate is asked for and checked.</summary>
    public bool VerifyPeer { get; init; }

    /// <summary>A client without a certificate is refused.</summary>
    public bool FailIfNoPeerCertificate { get; init; }

    /// <summary><c>ssl_options.versions.*</c>; 3.13's own default is the same pair.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>
    /// Intermediate certificates allowed between a client's certificate and the authority; null: no limit of ours.
    /// </summary>
    public int? ChainDepth { get; init; }

    /// <summary><c>ssl_handshake_timeout</c>.</summary>
    public int HandshakeTimeoutMs { get; init; } = 5000;
}
