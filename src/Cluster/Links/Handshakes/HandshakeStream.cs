using System.Buffers.Binary;

namespace Warren.Cluster.Links;

/// <summary>
/// The handshake's messages on a stream: <c>0 type (1) | 1 bytes of the payload (2) | 3 payload</c>, the first of each
/// side behind a magic number. Reads not a byte further than the message; whatever is written or read goes into the
/// transcript, a proof after what it proves.
/// </summary>
internal sealed class HandshakeStream : IDisposable
{
    /// <summary>No message is longer: an identity, a sentence, a proof, and room for a later version.</summary>
    public const int MostPayloadBytes = 1024;

    public const int HeaderBytes = 3;

    private readonly Stream _stream;
    private readonly Transcript _transcript;
    private readonly byte[] _output = new byte[MagicBytes + HeaderBytes + MostPayloadBytes];
    private readonly byte[] _input = new byte[MagicBytes + HeaderBytes + MostPayloadBytes];
    private bool _hasWritten;
    private bool _hasRead;

    public HandshakeStream(Stream stream, ReadOnlySpan<byte> cookie)
    {
        _stream = stream;
        _transcript = new Transcript(cookie);
    }

    /// <summary>"WARREN", a byte that no text holds, and the version of the handshake itself.</summary>
    public static ReadOnlySpan<byte> Magic =>
        [(byte)'W', (byte)'A', (byte)'R', (byte)'R', (byte)'E', (byte)'N', 0xF7, 1];

    private static int MagicBytes => Magic.Length;

    /// <summary>Where the payload of the next message is to be written.</summary>
    public Span<byte> Payload => _output.AsSpan(MagicBytes + HeaderBytes);

    /// <summary>Sends the payload, with a proof behind it if there is a label.</summary>
    public async ValueTask WriteAsync(HandshakeType type, int payloadBytes, byte[]? label = null)
    {
        int start = _hasWritten ? MagicBytes : 0;
        if (!_hasWritten)
            Magic.CopyTo(_output);
        _hasWritten = true;
        int proofBytes = label is null ? 0 : Transcript.ProofBytes;
        _output[MagicBytes] = (byte)type;
        BinaryPrimitives.WriteUInt16LittleEndian(
            _output.AsSpan(MagicBytes + 1), (ushort)(payloadBytes + proofBytes));
        int end = MagicBytes + HeaderBytes + payloadBytes;
        _transcript.Add(_output.AsSpan(start..end));
        if (label is not null)
        {
            _transcript.Prove(label, _output.AsSpan(end));
            _transcript.Add(_output.AsSpan(end, proofBytes));
        }
        await _stream.WriteAsync(_output.AsMemory(start, end + proofBytes - start)).ConfigureAwait(false);
        await _stream.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Reads the next message; its bytes are not in the transcript yet.</summary>
    /// <exception cref="RefusedException">It is longer than allowed, or does not begin as it must.</exception>
    public async ValueTask<HandshakeMessage> ReadAsync()
    {
        int start = 0;
        if (!_hasRead)
        {
            start = MagicBytes;
            await _stream.ReadExactlyAsync(_input.AsMemory(0, MagicBytes)).ConfigureAwait(false);
            if (!_input.AsSpan(0, MagicBytes).SequenceEqual(Magic))
                throw new RefusedException(RefusalText.NotOurs);
        }
        _hasRead = true;
        await _stream.ReadExactlyAsync(_input.AsMemory(start, HeaderBytes)).ConfigureAwait(false);
        int payloadBytes = BinaryPrimitives.ReadUInt16LittleEndian(_input.AsSpan(start + 1));
        if (payloadBytes > MostPayloadBytes)
            throw new RefusedException(RefusalText.TooLong(payloadBytes));
        int at = start + HeaderBytes;
        await _stream.ReadExactlyAsync(_input.AsMemory(at, payloadBytes)).ConfigureAwait(false);
        return new HandshakeMessage(
            (HandshakeType)_input[start], _input.AsMemory(0, at + payloadBytes), _input.AsMemory(at, payloadBytes));
    }

    /// <summary>Takes a message without proof into the transcript.</summary>
    public void Accept(in HandshakeMessage message) => _transcript.Add(message.Bytes.Span);

    /// <summary>
    /// Takes a message with a proof at its end into the transcript. False if the proof is not right; it may have taken
    /// another cookie, or another conversation.
    /// </summary>
    public bool TryAccept(in HandshakeMessage message, byte[] label)
    {
        if (message.Payload.Length < Transcript.ProofBytes)
            throw new RefusedException(RefusalText.Unreadable);
        _transcript.Add(message.Bytes.Span[..^Transcript.ProofBytes]);
        ReadOnlySpan<byte> proof = message.Payload.Span[^Transcript.ProofBytes..];
        bool isProved = _transcript.IsProved(label, proof);
        _transcript.Add(proof);
        return isProved;
    }

    /// <summary>A number that both sides know when all is said, and no other conversation has.</summary>
    public ulong Salt(byte[] label)
    {
        Span<byte> proof = stackalloc byte[Transcript.ProofBytes];
        _transcript.Prove(label, proof);
        return BinaryPrimitives.ReadUInt64LittleEndian(proof);
    }

    public void Dispose() => _transcript.Dispose();
}
