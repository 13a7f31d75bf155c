using System.Buffers.Binary;

namespace Warren.Server.Control;

/// <summary>
/// The frames of the control protocol (docs/formats/control.md): length of what follows (4 bytes, big end first), kind
/// (1 byte), JSON in UTF-8.
/// </summary>
internal static class ControlFrame
{
    public const byte Request = (byte)'Q';
    public const byte Hello = (byte)'H';
    public const byte Rows = (byte)'R';
    public const byte Done = (byte)'D';
    public const byte Error = (byte)'E';

    public const byte Version = 1;

    public const int HeaderBytes = 5;

    /// <summary>A file of definitions is the largest that is sent.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>What a client sends first: a name and a version.</summary>
    public static ReadOnlySpan<byte> Greeting => [(byte)'W', (byte)'C', (byte)'T', (byte)'L', 0, Version];

    public static async ValueTask WriteAsync(
        Stream stream, byte kind, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        byte[] header = new byte[HeaderBytes];
        BinaryPrimitives.WriteInt32BigEndian(header, body.Length + 1);
        header[4] = kind;
        await stream.WriteAsync(header, cancellation).ConfigureAwait(false);
        await stream.WriteAsync(body, cancellation).ConfigureAwait(false);
    }

    /// <summary>The next frame; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">It is larger than any frame is.</exception>
    public static async ValueTask<(byte Kind, byte[] Body)?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] header = new byte[HeaderBytes];
        int read = await stream.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false, cancellation)
            .ConfigureAwait(false);
        if (read == 0)
            return null;
        if (read < HeaderBytes)
            throw new EndOfStreamException();
        int length = BinaryPrimitives.ReadInt32BigEndian(header) - 1;
        if (length is < 0 or > MaxBytes)
            throw new InvalidDataException($"a frame of {length} bytes");
        byte[] body = new byte[length];
        await stream.ReadExactlyAsync(body, cancellation).ConfigureAwait(false);
        return (header[4], body);
    }
}
