using System.Buffers.Binary;

namespace Warren.Load;

/// <summary>
/// A producer's messages, encoded once as whole frame sequences (method, header, body) and used in turn. Only the first
/// 16 bytes of each body are rewritten before it is sent:
/// <code>
/// | sent at, ns of the monotonic clock (8) | producer (2) and number (6) in one | filling ... |
/// </code>
/// Both in the machine's byte order, since producer and consumer share the machine.
/// </summary>
internal sealed class EncodedMessages
{
    internal const int StampBytes = 16;
    internal const int LargestBodyBytes = (128 * 1024) - Frame.OverheadBytes;
    private const int SequenceBits = 48;

    private readonly byte[] _bytes;
    private readonly int[] _ends;
    private readonly int _bodyBytes;
    private readonly int _writeBytes;
    private int _position;

    /// <param name="exchange">The exchange published to; empty for the default one.</param>
    /// <param name="keys">The routing keys, used in turn.</param>
    /// <param name="bodyBytes">The size of every body, at least 16.</param>
    /// <param name="persistent">Whether delivery-mode is 2.</param>
    /// <param name="writeBytes">About how much one write should carry.</param>
    internal EncodedMessages(
        string exchange, IReadOnlyList<string> keys, int bodyBytes, bool persistent, int writeBytes)
    {
        _bodyBytes = bodyBytes;
        _writeBytes = writeBytes;
        var frames = new FrameBuilder();
        var ends = new List<int>();
        byte[] body = Filling(bodyBytes);
        // At least once through all keys, and several times when they are few.
        while (ends.Count < keys.Count || frames.Length + (frames.Length / ends.Count) <= writeBytes)
        {
            frames.Method(Session.Channel, Method.BasicPublish).Int16(0).Short(exchange)
                .Short(keys[ends.Count % keys.Count]).Octet(0).End();
            frames.Open(Frame.HeaderType, Session.Channel).Int16(60).Int16(0).Int64(bodyBytes)
                .Int16(persistent ? 1 << 12 : 0);
            if (persistent)
                frames.Octet(2);
            frames.End().Open(Frame.BodyType, Session.Channel).Bytes(body).End();
            ends.Add(frames.Length);
        }

        _bytes = frames.Written.ToArray();
        _ends = [.. ends];
    }

    /// <summary>The body every message carries but for its stamp.</summary>
    internal static byte[] Filling(int bodyBytes) => [.. Enumerable.Range(0, bodyBytes).Select(i => (byte)(i * 31))];

    /// <summary>
    /// Stamps and returns the next messages: as many as one write carries, at most <paramref name="count"/>, which
    /// becomes how many they are.
    /// </summary>
    internal ReadOnlyMemory<byte> Next(ref int count, int producer, long sequence, long sentAt)
    {
        int first = _position;
        int start = first == 0 ? 0 : _ends[first - 1];
        int end = start;
        int taken = 0;
        while (taken < count && _position < _ends.Length && (taken == 0 || _ends[_position] - start <= _writeBytes))
        {
            end = _ends[_position++];
            Span<byte> stamp = _bytes.AsSpan(end - 1 - _bodyBytes, StampBytes);
            BinaryPrimitives.WriteInt64LittleEndian(stamp, sentAt);
            BinaryPrimitives.WriteInt64LittleEndian(stamp[8..], ((long)producer << SequenceBits) | (sequence + taken));
            taken++;
        }

        if (_position == _ends.Length)
            _position = 0;
        count = taken;
        return _bytes.AsMemory(start, end - start);
    }

    internal static (long SentAt, int Producer, long Sequence) ReadStamp(ReadOnlySpan<byte> body)
    {
        long number = BinaryPrimitives.ReadInt64LittleEndian(body[8..]);
        return (BinaryPrimitives.ReadInt64LittleEndian(body), (int)(number >> SequenceBits),
            number & ((1L << SequenceBits) - 1));
    }
}
