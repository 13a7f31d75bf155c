using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Warren.Broker.Security;

/// <summary>
/// The user's name in a client certificate, spelt as RabbitMQ spells it, so that users made for RabbitMQ fit:
/// <c>CN=client,O=Example</c>. Reads the certificate's own bytes, since the runtime's spelling of names differs.
/// </summary>
public static class CertificateName
{
    private const string CommonName = "2.5.4.3";
    private const string SubjectAlternativeName = "2.5.29.17";

    /// <summary>Finds the name.</summary>
    /// <param name="certificate">The client's certificate.</param>
    /// <param name="options">Which part of it is the name.</param>
    /// <param name="name">The name, not empty.</param>
    /// <returns>False when the certificate has no such part, or it cannot be read.</returns>
    public static bool TryFind(
        X509Certificate2 certificate, AuthenticationOptions options, [NotNullWhen(true)] out string? name)
    {
        try
        {
            name = options.CertificateLogin switch
            {
                CertificateLogin.CommonName => CommonNames(certificate),
                CertificateLogin.SubjectAlternativeName =>
                    AlternativeName(certificate, options.SanKind, options.SanIndex),
                _ => DistinguishedName(certificate),
            };
        }
        catch (AsnContentException)
        {
            name = null;
        }

        return !string.IsNullOrEmpty(name);
    }

    private static string DistinguishedName(X509Certificate2 certificate)
    {
        var parts = new List<string>();
        foreach (List<(string Type, string Value)> part in RelativeNames(certificate))
            parts.Add(string.Join('+', part.Select(item => $"{ShortName(item.Type)}={EscapeValue(item.Value)}")));
        parts.Reverse();
        return string.Join(',', parts);
    }

    private static string CommonNames(X509Certificate2 certificate) => string.Join(
        ',', RelativeNames(certificate).SelectMany(part => part).Where(i => i.Type == CommonName).Select(i => i.Value));

    // Name ::= SEQUENCE OF SET OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }
    private static List<List<(string Type, string Value)>> RelativeNames(X509Certificate2 certificate)
    {
        var names = new List<List<(string Type, string Value)>>();
        AsnReader sequence = new AsnReader(certificate.SubjectName.RawData, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
        {
            AsnReader set = sequence.ReadSetOf(skipSortOrderValidation: true);
            var part = new List<(string Type, string Value)>();
            while (set.HasData)
            {
                AsnReader pair = set.ReadSequence();
                part.Add((pair.ReadObjectIdentifier(), ReadText(pair)));
            }

            names.Add(part);
        }

        return names;
    }

    private static string? AlternativeName(
        X509Certificate2 certificate, SubjectAlternativeNameKind kind, int index)
    {
        X509Extension? extension = certificate.Extensions[SubjectAlternativeName];
        if (extension is null)
            return null;
        var tag = new Asn1Tag(TagClass.ContextSpecific, (int)kind);
        AsnReader names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (!names.PeekTag().HasSameClassAndValue(tag))
                names.ReadEncodedValue();
            else if (index-- > 0)
                names.ReadEncodedValue();
            else
                return ReadAlternativeName(names, kind, tag);
        }

        return null;
    }

    private static string ReadAlternativeName(AsnReader names, SubjectAlternativeNameKind kind, Asn1Tag tag)
    {
        if (kind == SubjectAlternativeNameKind.IpAddress)
        {
            byte[] address = names.ReadOctetString(tag);
            return address.Length is 4 or 16 ? new IPAddress(address).ToString() : Convert.ToHexString(address);
        }

        if (kind != SubjectAlternativeNameKind.OtherName)
            return names.ReadCharacterString(UniversalTagNumber.IA5String, tag);

        // AnotherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }
        AsnReader other = names.ReadSequence(tag);
        other.ReadObjectIdentifier();
        return ReadText(other.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)));
    }

    private static string ReadText(AsnReader reader)
    {
        Asn1Tag tag = reader.PeekTag();
        var universal = (UniversalTagNumber)tag.TagValue;
        switch (universal)
        {
            case UniversalTagNumber.UTF8String:
            case UniversalTagNumber.PrintableString:
            case UniversalTagNumber.IA5String:
            case UniversalTagNumber.BMPString:
            case UniversalTagNumber.T61String:
            case UniversalTagNumber.NumericString:
            case UniversalTagNumber.VisibleString:
                return reader.ReadCharacterString(universal);
            case UniversalTagNumber.UniversalString:
                return Encoding.GetEncoding("utf-32BE").GetString(reader.PeekContentBytes().Span) + Skip(reader);
            default:
                return "#" + Convert.ToHexString(reader.ReadEncodedValue().Span);
        }
    }

    private static string Skip(AsnReader reader)
    {
        reader.ReadEncodedValue();
        return "";
    }

    private static string ShortName(string objectIdentifier) => objectIdentifier switch
    {
        "2.5.4.4" => "SN",
        "2.5.4.42" => "GIVENNAME",
        "2.5.4.43" => "INITIALS",
        "2.5.4.44" => "GENERATIONQUALIFIER",
        CommonName => "CN",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "TITLE",
        "2.5.4.6" => "C",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.65" => "PSEUDONYM",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "EMAILADDRESS",
        "2.5.4.9" => "STREET",
        "0.9.2342.19200300.100.1.1" => "UID",
        _ => objectIdentifier,
    };

    // RFC 4514, section 2.4, and beyond it every byte of UTF-8 that is not printable ASCII.
    private static string EscapeValue(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        var escaped = new StringBuilder(bytes.Length);
        for (int i = 0; i < bytes.Length; i++)
        {
            byte octet = bytes[i];
            bool first = i == 0 && octet is (byte)' ' or (byte)'#' && i == 0;
            bool last = i == bytes.Length - 1 && octet == ' ';
            if (first || last || octet is (byte)'"' or (byte)'+' or (byte)',' or (byte)';' or (byte)'<' or (byte)'>'
                or (byte)'\\')
            {
                escaped.Append('\\').Append((char)octet);
            }
            else if (octet is < 32 or >= 126)
            {
                escaped.Append('\\').Append(octet.ToString("X2", null));
            }
            else
            {
                escaped.Append((char)octet);
            }
        }

        return escaped.ToString();
    }
}
