using System.Collections.Immutable;

namespace Warren.Broker.Security;

/// <summary>What an operator may set about logging in. Defaults are RabbitMQ 3.13's.</summary>
public sealed record AuthenticationOptions
{
    /// <summary><c>auth_mechanisms</c>, in the order offered.</summary>
    public ImmutableArray<SaslMechanism> Mechanisms { get; init; } = [SaslMechanism.Plain, SaslMechanism.AmqPlain];

    /// <summary><c>loopback_users</c>.</summary>
    public ImmutableHashSet<string> LoopbackUsers { get; init; } = ["guest"];

    /// <summary>Who an ANONYMOUS client is; null: nobody, and the mechanism is refused.</summary>
    public string? AnonymousUser { get; init; }

    /// <summary><c>ssl_cert_login_from</c>.</summary>
    public CertificateLogin CertificateLogin { get; init; } = CertificateLogin.DistinguishedName;

    /// <summary><c>ssl_cert_login_san_type</c>.</summary>
    public SubjectAlternativeNameKind SanKind { get; init; } = SubjectAlternativeNameKind.Dns;

    /// <summary><c>ssl_cert_login_san_index</c>, from 0 among the names of that kind.</summary>
    public int SanIndex { get; init; }

    /// <summary>Reads what the configuration says in words.</summary>
    /// <exception cref="ArgumentException">
    /// A word is unknown; the message names it and the ones that would do.
    /// </exception>
    public static AuthenticationOptions From(BrokerOptions options)
    {
        var mechanisms = ImmutableArray.CreateBuilder<SaslMechanism>();
        foreach (string name in options.AuthMechanisms)
        {
            if (!SaslMechanismNames.TryParse(name, out SaslMechanism mechanism))
            {
                throw new ArgumentException(
                    $"auth_mechanisms: '{name}' is unknown; known are PLAIN, AMQPLAIN, EXTERNAL, ANONYMOUS");
            }

            mechanisms.Add(mechanism);
        }

        return new AuthenticationOptions
        {
            Mechanisms = mechanisms.ToImmutable(),
            LoopbackUsers = options.LoopbackUsers,
            CertificateLogin = ParseLogin(options.CertificateLoginFrom),
            SanKind = ParseSanKind(options.CertificateLoginSanType),
            SanIndex = options.CertificateLoginSanIndex,
        };
    }

    private static CertificateLogin ParseLogin(string word) => word switch
    {
        "distinguished_name" => CertificateLogin.DistinguishedName,
        "common_name" => CertificateLogin.CommonName,
        "subject_alternative_name" or "subject_alt_name" => CertificateLogin.SubjectAlternativeName,
        _ => throw new ArgumentException(
            $"ssl_cert_login_from: '{word}' is unknown; "
            + "known are distinguished_name, common_name, subject_alternative_name"),
    };

    private static SubjectAlternativeNameKind ParseSanKind(string word) => word switch
    {
        "dns" => SubjectAlternativeNameKind.Dns,
        "ip" => SubjectAlternativeNameKind.IpAddress,
        "email" => SubjectAlternativeNameKind.Email,
        "uri" => SubjectAlternativeNameKind.Uri,
        "other_name" => SubjectAlternativeNameKind.OtherName,
        _ => throw new ArgumentException(
            $"ssl_cert_login_san_type: '{word}' is unknown; known are dns, ip, email, uri, other_name"),
    };
}
