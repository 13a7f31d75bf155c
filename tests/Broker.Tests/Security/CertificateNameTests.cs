using System.Net;
using System.Security.Cryptography.X509Certificates;
using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Security;

public class CertificateNameTests
{
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";

    [Fact]
    public void The_subject_is_written_with_the_most_specific_part_first() =>
        Assert.Equal("CN=client,O=Example", Find([(Organization, "Example"), (CommonName, "client")]));

    [Theory]
    [InlineData("a,b", "CN=a\\,b")]
    [InlineData(" a ", "CN=\\ a\\ ")]
    [InlineData("#a#", "CN=\\#a#")]
    [InlineData("é~", "CN=\\C3\\A9\\7E")]
    public void What_has_a_meaning_in_a_name_is_escaped(string value, string expected) =>
        Assert.Equal(expected, Find([(CommonName, value)]));

    [Fact]
    public void A_part_without_a_name_goes_by_its_number() =>
        Assert.Equal("2.5.4.97=x", Find([("2.5.4.97", "x")]));

    [Fact]
    public void Common_names_are_joined()
    {
        var options = new AuthenticationOptions { CertificateLogin = CertificateLogin.CommonName };
        Assert.Equal("a,b", Find([(CommonName, "a"), (Organization, "x"), (CommonName, "b")], options));
        Assert.Null(Find([(Organization, "x")], options));
    }

    [Theory]
    [InlineData(SubjectAlternativeNameKind.Dns, 0, "one.example")]
    [InlineData(SubjectAlternativeNameKind.Dns, 1, "two.example")]
    [InlineData(SubjectAlternativeNameKind.Dns, 2, null)]
    [InlineData(SubjectAlternativeNameKind.Email, 0, "me@example")]
    [InlineData(SubjectAlternativeNameKind.Uri, 0, "urn:me")]
    [InlineData(SubjectAlternativeNameKind.IpAddress, 0, "10.0.0.1")]
    [InlineData(SubjectAlternativeNameKind.OtherName, 0, "me@domain")]
    public void Alternative_names_are_counted_by_kind(SubjectAlternativeNameKind kind, int index, string? expected)
    {
        using X509Certificate2 certificate = CertificateMaker.Make([(CommonName, "x")], names =>
        {
            names.AddDnsName("one.example");
            names.AddEmailAddress("me@example");
            names.AddUri(new Uri("urn:me"));
            names.AddIpAddress(IPAddress.Parse("10.0.0.1"));
            names.AddUserPrincipalName("me@domain");
            names.AddDnsName("two.example");
        });
        var options = new AuthenticationOptions
        {
            CertificateLogin = CertificateLogin.SubjectAlternativeName,
            SanKind = kind,
            SanIndex = index,
        };

        CertificateName.TryFind(certificate, options, out string? name);

        Assert.Equal(expected, name);
    }

    private static string? Find((string Type, string Value)[] subject, AuthenticationOptions? options = null)
    {
        using X509Certificate2 certificate = CertificateMaker.Make(subject);
        return CertificateName.TryFind(certificate, options ?? new AuthenticationOptions(), out string? name)
            ? name
            : null;
    }
}
