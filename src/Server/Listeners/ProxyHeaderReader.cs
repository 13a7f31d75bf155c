namespace Warren.Server.Listeners;

/// <summary>Takes the PROXY header off the head of a stream, and not a byte of what follows it.</summary>
internal static class ProxyHeaderReader
{
    /// <exception cref="InvalidDataException">What came is no header, or too long, or ended within it.</exception>
    public static async Task<ProxyHeader> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] bytes = new byte[ProxyHeader.MostBytesOfVersion1];
        int count = 0;
        while (true)
        {
            int missingBytes = ProxyHeader.MissingBytes(bytes.AsSpan(0, count));
            if (count + missingBytes > bytes.Length)
                Array.Resize(ref bytes, count + missingBytes);
            int read = await stream.ReadAsync(bytes.AsMemory(count, missingBytes), cancellation).ConfigureAwait(false);
            if (read == 0)
                throw new InvalidDataException("it ended within the PROXY header");
            count += read;
            ProxyHeader? header = ProxyHeader.Parse(bytes.AsSpan(0, count), out bool isMalformed);
            if (isMalformed)
            {
                throw new InvalidDataException(
                    "it does not begin with a PROXY header, which proxy_protocol = true makes mandatory");
            }
            if (header is { } found)
                return found;
        }
    }
}
