using System.Security.Cryptography;

namespace Warren.Cluster.Links;

/// <summary>A cookie as RabbitMQ's tools show it, so that two can be compared without being told.</summary>
public static class CookieHash
{
    // RabbitMQ's own hash: it is shown, and protects nothing.
#pragma warning disable CA5351
    public static string Of(ReadOnlySpan<byte> cookie) => Convert.ToBase64String(MD5.HashData(cookie));
#pragma warning restore CA5351
}
