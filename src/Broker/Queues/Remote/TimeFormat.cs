using System.Buffers.Binary;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// An entry of <see cref="LineFrame.Times"/> and <see cref="LineFrame.KnownTimes"/>
/// (docs/formats/queues-between-nodes.md), little-endian; as often as there is room:
/// <code>
///   | queue 8 | leader's term 8 | term of the leader whose time it is 8, 0: nobody's | time 8 |
/// </code>
/// </summary>
internal static class TimeFormat
{
    public const int EntryBytes = 32;

    public static void Write(Span<byte> output, long queue, long leaderTerm, long knownTerm, long timeMs)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output, queue);
        BinaryPrimitives.WriteInt64LittleEndian(output[8..], leaderTerm);
        BinaryPrimitives.WriteInt64LittleEndian(output[16..], knownTerm);
        BinaryPrimitives.WriteInt64LittleEndian(output[24..], timeMs);
    }

    /// <exception cref="FormatException">It ends too early.</exception>
    public static List<(long Queue, TimeNews News)> Read(NodeId from, bool isAnswer, ReadOnlySpan<byte> body)
    {
        var read = new List<(long, TimeNews)>(body.Length / EntryBytes);
        var reader = new LineReader(body, 0);
        while (!reader.IsAtEnd)
            read.Add((reader.Int64(), new TimeNews(from, isAnswer, reader.Int64(), reader.Int64(), reader.Int64())));
        return read;
    }
}
