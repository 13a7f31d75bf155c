using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Warren.Cluster.Links;
using Warren.Server.Configuration;

namespace Warren.Server.Cluster;

/// <summary>Reads the files of <c>warren.peer_tls</c>.</summary>
internal static class PeerTlsFiles
{
    /// <exception cref="ConfigurationException">One of them cannot be read or is not what it should be.</exception>
    public static PeerTls Read(PeerTlsOptions options)
    {
        try
        {
            X509Certificate2 certificate = options.KeyPassword is { } password
                ? X509Certificate2.CreateFromEncryptedPemFile(options.CertificateFile, password, options.KeyFile)
                : X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(options.CertificateFile);
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(options.CaCertificateFile);
            if (authorities.Count == 0)
                throw new CryptographicException($"{options.CaCertificateFile} holds no certificate");
            return new PeerTls(certificate, chain, authorities);
        }
        catch (Exception error) when (
            error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigurationException(
                $"warren.peer_tls: the certificate {options.CertificateFile}, the key {options.KeyFile} "
                + $"or the authorities {options.CaCertificateFile} cannot be used: {error.Message}");
        }
    }
}
