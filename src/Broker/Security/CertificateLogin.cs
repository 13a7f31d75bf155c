namespace Warren.Broker.Security;

/// <summary>Which part of a certificate is the user's name (<c>ssl_cert_login_from</c>).</summary>
public enum CertificateLogin
{
    /// <summary>The whole subject, as RFC 4514 writes it: the most specific part first.</summary>
    DistinguishedName,

    /// <summary>The subject's CN; several are joined by commas.</summary>
    CommonName,

    /// <summary>One of the subject's alternative names.</summary>
    SubjectAlternativeName,
}
