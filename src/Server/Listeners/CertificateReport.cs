using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Warren.Server.Configuration;

namespace Warren.Server.Listeners;

/// <summary>What the files of the TLS listeners hold now; the node goes on with what they held at its start.</summary>
/// <param name="File">Which file; empty: none is configured.</param>
/// <param name="Pem">Its certificates.</param>
/// <param name="Expiries">Of each certificate, UTC.</param>
/// <param name="Problem">Why it cannot be read, or that one is not valid yet; null: nothing.</param>
public sealed record CertificateReport(
    string File, string Pem, IReadOnlyList<DateTimeOffset> Expiries, string? Problem)
{
    /// <summary>The node's own certificate with its chain.</summary>
    public static CertificateReport OfNode(TlsOptions options, DateTimeOffset now) => Of(options.CertificateFile, now);

    /// <summary>Those who sign the clients' certificates.</summary>
    public static CertificateReport OfAuthorities(TlsOptions options, DateTimeOffset now) =>
        options.CaCertificateFile is { } file ? Of(file, now) : new CertificateReport("", "", [], null);

    private static CertificateReport Of(string file, DateTimeOffset now)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(file);
            string pem = string.Join('\n', certificates.Select(one => one.ExportCertificatePem())) + "\n";
            DateTime? later = certificates.Select(one => one.NotBefore.ToUniversalTime())
                .Where(from => from > now.UtcDateTime).Cast<DateTime?>().FirstOrDefault();
            return new CertificateReport(
                file, pem, [.. certificates.Select(one => new DateTimeOffset(one.NotAfter.ToUniversalTime()))],
                later is { } start
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"Certificate is not yet valid. It starts on {start:yyyy-MM-dd HH:mm:ss}")
                    : null);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return new CertificateReport(file, "", [], error.Message);
        }
        finally
        {
            foreach (X509Certificate2 certificate in certificates)
                certificate.Dispose();
        }
    }
}
