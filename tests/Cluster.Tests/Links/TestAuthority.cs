using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Warren.Cluster.Links;

namespace Warren.Cluster.Tests.Links;

/// <summary>Signs certificates for nodes.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset Until = DateTimeOffset.UnixEpoch.AddYears(100);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(From, Until);
    }

    /// <summary>What a node at this address needs.</summary>
    public PeerTls Tls(string address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={address}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 signed = request.Create(_certificate, From, Until, RandomNumberGenerator.GetBytes(8));
        X509Certificate2 own = X509CertificateLoader.LoadPkcs12(
            signed.CopyWithPrivateKey(key).Export(X509ContentType.Pfx), null);
        X509Certificate2 root = X509CertificateLoader.LoadCertificate(_certificate.RawData);
        return new PeerTls(own, [], [root]);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
