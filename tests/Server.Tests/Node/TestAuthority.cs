using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Warren.Server.Tests.Node;

/// <summary>A certificate authority, made for one test; what it signs is valid today.</summary>
internal sealed class TestAuthority : IDisposable
{
    public const string ForServers = "1.3.6.1.5.5.7.3.1";
    public const string ForClients = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _certificate;

    private TestAuthority(X509Certificate2 certificate) => _certificate = certificate;

    public X509Certificate2 Certificate => _certificate;

    public string Pem => _certificate.ExportCertificatePem() + "\n";

    public static TestAuthority Root(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request($"CN={name}", key, isAuthority: true);
        return new TestAuthority(
            request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2)));
    }

    public TestAuthority Intermediate(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Longer than what it will have signed, which may be begun a second later.
        return new TestAuthority(Sign(Request($"CN={name}", key, isAuthority: true), key, 1.5));
    }

    /// <summary>A certificate with its key.</summary>
    /// <param name="subject">Such as <c>CN=worker</c>.</param>
    /// <param name="purpose"><see cref="ForServers"/> or <see cref="ForClients"/>; null: both.</param>
    /// <param name="names">Its alternative names.</param>
    /// <param name="validForDays">Negative: it has expired.</param>
    /// <param name="issuerAddress">Where it says that its issuer's certificate can be fetched.</param>
    public X509Certificate2 Issue(
        string subject,
        string? purpose,
        SubjectAlternativeNameBuilder? names = null,
        double validForDays = 1,
        string? issuerAddress = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request(subject, key, isAuthority: false);
        if (purpose is not null)
        {
            request.CertificateExtensions.Add(
                new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        }
        if (names is not null)
            request.CertificateExtensions.Add(names.Build());
        if (issuerAddress is not null)
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([], [issuerAddress]));
        return Sign(request, key, validForDays);
    }

    /// <summary>A certificate for the server at localhost.</summary>
    public X509Certificate2 IssueServer()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        return Issue("CN=server", ForServers, names);
    }

    public void Dispose() => _certificate.Dispose();

    private static CertificateRequest Request(string subject, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            isAuthority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, critical: true));
        return request;
    }

    private X509Certificate2 Sign(CertificateRequest request, ECDsa key, double validForDays)
    {
        byte[] serial = RandomNumberGenerator.GetBytes(8);
        serial[0] &= 0x7F;
        using X509Certificate2 signed = request.Create(
            _certificate, DateTimeOffset.UtcNow.AddDays(-1.5), DateTimeOffset.UtcNow.AddDays(validForDays), serial);
        return signed.CopyWithPrivateKey(key);
    }
}
