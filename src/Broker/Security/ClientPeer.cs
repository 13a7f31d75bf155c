using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Warren.Broker.Security;

/// <summary>What the connection itself says about who is calling.</summary>
/// <param name="Address">The client's address; behind a trusted proxy the one that the proxy names.</param>
/// <param name="IsTls">Whether the connection is encrypted.</param>
/// <param name="Certificate">The client's certificate, when it gave one.</param>
/// <param name="CertificateVerified">Whether the certificate was checked against the configured authorities.</param>
public sealed record ClientPeer(
    IPAddress Address, bool IsTls = false, X509Certificate2? Certificate = null, bool CertificateVerified = false)
{
    /// <summary>127.0.0.0/8, ::1, and the former written as IPv6.</summary>
    public bool IsLoopback =>
        IPAddress.IsLoopback(Address.IsIPv4MappedToIPv6 ? Address.MapToIPv4() : Address);
}
