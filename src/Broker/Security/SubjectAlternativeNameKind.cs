namespace Warren.Broker.Security;

/// <summary>A kind of name in a certificate; the number is its tag in RFC 5280, section 4.2.1.6.</summary>
public enum SubjectAlternativeNameKind
{
    OtherName = 0,
    Email = 1,
    Dns = 2,
    Uri = 6,
    IpAddress = 7,
}
