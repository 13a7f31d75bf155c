using System.Buffers.Binary;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>Lines on their way to one node (docs/formats/raft.md); the buffer is kept for the next batch.</summary>
internal sealed class HeartbeatLines
{
    /// <summary>A heartbeat with the group that it is of.</summary>
    public const int LineBytes = 8 + HeartbeatFormat.HeartbeatBytes;

    /// <summary>An answer with the group that it is of.</summary>
    public const int AnswerBytes = 8 + HeartbeatFormat.AnswerBytes;

    private byte[] _bytes = new byte[256];
    private int _count;

    /// <summary>A line by itself.</summary>
    public static void Write(Span<byte> line, GroupId group, in Heartbeat heartbeat)
    {
        BinaryPrimitives.WriteInt64LittleEndian(line, group.Value);
        HeartbeatFormat.Write(heartbeat, line[8..]);
    }

    public void Add(GroupId group, in Heartbeat heartbeat) =>
        HeartbeatFormat.Write(heartbeat, Take(group, LineBytes));

    public void Add(GroupId group, in HeartbeatAnswer answer) =>
        HeartbeatFormat.Write(answer, Take(group, AnswerBytes));

    /// <summary>Hands out what there is, and begins anew.</summary>
    public void Send(NodeId to, HeartbeatFrameKind kind, SendHeartbeats send)
    {
        if (_count == 0)
            return;
        send(to, kind, _bytes.AsSpan(0, _count));
        _count = 0;
    }

    private Span<byte> Take(GroupId group, int count)
    {
        if (_bytes.Length < _count + count)
            Array.Resize(ref _bytes, _bytes.Length * 2);
        Span<byte> line = _bytes.AsSpan(_count, count);
        _count += count;
        BinaryPrimitives.WriteInt64LittleEndian(line, group.Value);
        return line[8..];
    }
}
