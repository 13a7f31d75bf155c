using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
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
    /// <summary>The longest header of version 1 (section 2.1).</summary>
    public const int MostBytesOfVersion1 = 107;

    /// <summary>
    /// The longest header of version 2 that is taken: addresses (216 at most), and extensions such as the TLS
    /// connection's properties, the name asked for (255) and a connection's id (128), with room to spare.
    /// </summary>
    public const int MostBytesOfVersion2 = 4096;

    /// <summary><c>PROXY UNKNOWN CR LF</c>: no header of any version is shorter.</summary>
    private const int FewestBytes = 15;

    private const int FixedBytesOfVersion2 = 16;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>
    /// How many bytes, 1 or more, surely belong to the header beyond those that <see cref="Parse"/> found too few.
    /// </summary>
    public static int MissingBytes(ReadOnlySpan<byte> input)
    {
        if (input.Length < FewestBytes)
            return FewestBytes - input.Length;
        if (input[0] != Signature[0])
            return 1;
        int wantedBytes = input.Length < FixedBytesOfVersion2 ? FixedBytesOfVersion2 : SizeOfVersion2(input);
        return wantedBytes - input.Length;
    }

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
        AddressFamily? family = words.ElementAtOrDefault(1) switch
        {
            "TCP4" => AddressFamily.InterNetwork,
            "TCP6" => AddressFamily.InterNetworkV6,
            _ => null,
        };
        if (words.Length == 6
            && TryEndPoint(words[2], words[4], family, out IPEndPoint? source)
            && TryEndPoint(words[3], words[5], family, out IPEndPoint? destination))
            return new ProxyHeader(sizeBytes, source, destination);
        isMalformed = true;
        return null;
    }

    private static bool TryEndPoint(string address, string port, AddressFamily? family, out IPEndPoint? endPoint)
    {
        // The runtime also reads "1", "0x7f.1" and "fe80::1%eth0"; a load balancer never writes these.
        bool isRead = IPAddress.TryParse(address, out IPAddress? ip)
            & ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number);
        bool isPlain = family == AddressFamily.InterNetwork
            ? address.Count(c => c == '.') == 3 && address.All(c => char.IsAsciiDigit(c) || c == '.')
            : address.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.');
        endPoint = isRead && isPlain && ip!.AddressFamily == family ? new IPEndPoint(ip, number) : null;
        return endPoint is not null;
    }

    private static int SizeOfVersion2(ReadOnlySpan<byte> input) =>
        FixedBytesOfVersion2 + BinaryPrimitives.ReadUInt16BigEndian(input[14..]);

    private static ProxyHeader? ParseVersion2(ReadOnlySpan<byte> input, out bool isMalformed)
    {
        int compared = Math.Min(Signature.Length, input.Length);
        isMalformed = !input[..compared].SequenceEqual(Signature[..compared]);
        if (isMalformed || input.Length < FixedBytesOfVersion2)
            return null;
        int sizeBytes = SizeOfVersion2(input);
        int command = input[12] & 0xF;
        isMalformed = input[12] >> 4 != 2 || command > 1 || sizeBytes > MostBytesOfVersion2;
        if (isMalformed || input.Length < sizeBytes)
            return null;
        ReadOnlySpan<byte> addresses = input[FixedBytesOfVersion2..sizeBytes];
        bool isLocal = command == 0;
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
