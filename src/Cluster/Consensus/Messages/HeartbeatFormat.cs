using System.Buffers.Binary;
using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>
/// A group's part of the batched heartbeats between two nodes (docs/formats/raft.md): of fixed size, so that a batch of
/// thousands is one buffer that is walked.
/// </summary>
public static class HeartbeatFormat
{
    public const int HeartbeatBytes = 24;
    public const int AnswerBytes = 17;

    public static void Write(in Heartbeat heartbeat, Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, heartbeat.Term.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], heartbeat.Commit.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], heartbeat.Round);
    }

    /// <summary>False if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Heartbeat heartbeat)
    {
        heartbeat = default;
        if (bytes.Length < HeartbeatBytes)
            return false;
        heartbeat = new Heartbeat(
            new Term(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
            new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..])),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
        return heartbeat is { Term.Value: >= 0, Commit.Value: >= 0, Round: >= 0 };
    }

    public static void Write(in HeartbeatAnswer answer, Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, answer.Term.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], answer.Round);
        bytes[16] = (byte)answer.Soundness;
    }

    /// <summary>False if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out HeartbeatAnswer answer)
    {
        answer = default;
        if (bytes.Length < AnswerBytes || bytes[16] > (byte)Soundness.CatchingUp)
            return false;
        answer = new HeartbeatAnswer(
            new Term(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            (Soundness)bytes[16]);
        return answer is { Term.Value: >= 0, Round: >= 0 };
    }
}
