using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>Lines on their way to each node (docs/formats/raft.md); buffers are kept for the next batch.</summary>
internal sealed class HeartbeatBatches
{
    /// <summary>A heartbeat with the group that it is of.</summary>
    public const int LineBytes = 8 + HeartbeatFormat.HeartbeatBytes;

    /// <summary>An answer with the group that it is of.</summary>
    public const int AnswerBytes = 8 + HeartbeatFormat.AnswerBytes;

    private readonly Dictionary<NodeId, Lines> _lines = [];

    public void Add(NodeId to, GroupId group, in Heartbeat heartbeat)
    {
        Span<byte> line = Take(to, LineBytes);
        BinaryPrimitives.WriteInt64LittleEndian(line, group.Value);
        HeartbeatFormat.Write(heartbeat, line[8..]);
    }

    public void Add(NodeId to, GroupId group, in HeartbeatAnswer answer)
    {
        Span<byte> line = Take(to, AnswerBytes);
        BinaryPrimitives.WriteInt64LittleEndian(line, group.Value);
        HeartbeatFormat.Write(answer, line[8..]);
    }

    /// <summary>Hands out what there is for each node, and begins anew.</summary>
    public void Send(HeartbeatFrameKind kind, SendHeartbeats send)
    {
        foreach ((NodeId to, Lines lines) in _lines)
        {
            if (lines.Count > 0)
                send(to, kind, lines.Bytes.AsSpan(0, lines.Count));
        }
        foreach (NodeId to in _lines.Keys)
            CollectionsMarshal.GetValueRefOrNullRef(_lines, to).Count = 0;
    }

    private Span<byte> Take(NodeId to, int count)
    {
        ref Lines lines = ref CollectionsMarshal.GetValueRefOrAddDefault(_lines, to, out _);
        lines.Bytes ??= new byte[1024];
        if (lines.Bytes.Length < lines.Count + count)
            Array.Resize(ref lines.Bytes, lines.Bytes.Length * 2);
        lines.Count += count;
        return lines.Bytes.AsSpan(lines.Count - count, count);
    }

    private struct Lines
    {
        public byte[] Bytes;
        public int Count;
    }
}
