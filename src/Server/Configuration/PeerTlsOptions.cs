namespace Warren.Server.Configuration;

/// <summary>
/// <c>warren.peer_tls</c>: mutual TLS on all links between nodes. The files were readable when this was made.
/// </summary>
/// <param name="CertificateFile">PEM with the node's certificate, which names its host, and its chain.</param>
/// <param name="KeyFile">PEM with the private key.</param>
/// <param name="CaCertificateFile">PEM with the authorities that sign nodes' certificates; nobody else may.</param>
/// <param name="KeyPassword">Opens an encrypted key file; null: it is not encrypted.</param>
public sealed record PeerTlsOptions(
    string CertificateFile, string KeyFile, string CaCertificateFile, string? KeyPassword);
