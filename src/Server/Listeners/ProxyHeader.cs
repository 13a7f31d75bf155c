using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Warren.Server.Listeners;

/// <summary>
/// The header that a load balancer puts before a client's bytes (HAProxy's PROXY protocol, versions 1 and 2). Pure:
/// bytes in, addresses out.
/// <code>
/// version 1:  PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 CR LF
/// version 2:  12 octets of signature | version and command | family | length (2) | addresses, extensions
/// </code>
/// </summary>
internal readonly record struct ProxyHeader(int SizeBytes, IPEndPoint? Source, IPEndPoint? Destination)
{
    /// <summary>
    /// Version 1 fits into this (section 2.1); a version 2 header with extensions is held to it times five.
    /// </summary>
    public const int MostBytesOfVersion1 = 107;

    public const int MostBytes = 536;

    private const int FixedBytesOfVersion2 = 16;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header. Null with <paramref name="isMalformed"/> false: more bytes are needed.</summary>
    public static ProxyHeader? Parse(ReadOnlySpan<byte> input, out bool isMalformed)
    {
        isMalformed = false;
        if (input.IsEmpty)
            return null;
        if (input[0] == Signature[0])
            return ParseVersion2(input, out isMalformed);
        int compared = Math.Min(6, input.Length);
        isMalformed = !input[..compared].SequenceEqual("PROXY "u8[..compared]);
        if (isMalformed)
            return null;
        int end = input.IndexOf("\r\n"u8);
        if (end >= 0 && end + 2 <= MostBytesOfVersion1)
            return ParseVersion1(Encoding.ASCII.GetString(input[..end]), end + 2, out isMalformed);
        isMalformed = end >= 0 || input.Length >= MostBytesOfVersion1;
        return null;
    }

    private static ProxyHeader? ParseVersion1(string line, int sizeBytes, out bool isMalformed)
    {
        isMalformed = false;
        string[] words = line.Split(' ');
        if (words.Length >= 2 && words[1] == "UNKNOWN")
            return new ProxyHeader(sizeBytes, null, null);
        if (words.Length == 6
            && words[1] is "TCP4" or "TCP6"
            && IPAddress.TryParse(words[2], out IPAddress? source)
            && IPAddress.TryParse(words[3], out IPAddress? destination)
            && ushort.TryParse(words[4], out ushort sourcePort)
            && ushort.TryParse(words[5], out ushort destinationPort))
            return new ProxyHeader(
                sizeBytes, new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort));
        isMalformed = true;
        return null;
    }

    private static ProxyHeader? ParseVersion2(ReadOnlySpan<byte> input, out bool isMalformed)
    {
        int compared = Math.Min(Signature.Length, input.Length);
        isMalformed = !input[..compared].SequenceEqual(Signature[..compared]);
        if (isMalformed || input.Length < FixedBytesOfVersion2)
            return null;
        int sizeBytes = FixedBytesOfVersion2 + BinaryPrimitives.ReadUInt16BigEndian(input[14..]);
        isMalformed = input[12] >> 4 != 2 || sizeBytes > MostBytes;
        if (isMalformed || input.Length < sizeBytes)
            return null;
        ReadOnlySpan<byte> addresses = input[FixedBytesOfVersion2..sizeBytes];
        bool isLocal = (input[12] & 0xF) == 0;
        int addressBytes = input[13] switch
        {
            0x11 => 4,
            0x21 => 16,
            _ => 0,
        };
        if (isLocal || addressBytes == 0)
            return new ProxyHeader(sizeBytes, null, null);
        isMalformed = addresses.Length < (2 * addressBytes) + 4;
        if (isMalformed)
            return null;
        ReadOnlySpan<byte> ports = addresses[(2 * addressBytes)..];
        return new ProxyHeader(
            sizeBytes,
            new IPEndPoint(new IPAddress(addresses[..addressBytes]), BinaryPrimitives.ReadUInt16BigEndian(ports)),
            new IPEndPoint(
                new IPAddress(addresses.Slice(addressBytes, addressBytes)),
                BinaryPrimitives.ReadUInt16BigEndian(ports[2..])));
    }
}
