using System.Buffers.Binary;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// A group's large messages on their way to one node, and the appends that must not overtake them: in order, the first
/// perhaps sent in part. Guarded by <see cref="GroupSender"/>.
/// </summary>
internal sealed class BulkStream(GroupId group)
{
    private readonly Queue<byte[]> _messages = new();
    private int _offset;

    public GroupId Group { get; } = group;

    public bool IsEmpty => _messages.Count == 0;

    /// <summary>A message has been begun and is not whole yet.</summary>
    public bool IsOpen => _offset > 0;

    public void Add(byte[] message) => _messages.Enqueue(message);

    /// <summary>Writes the next frame's body; what it holds of the message is its length less its head.</summary>
    public ReadOnlySpan<byte> NextFrame(Span<byte> frame, out ushort kind, out int messageBytes)
    {
        byte[] message = _messages.Peek();
        BinaryPrimitives.WriteInt64LittleEndian(frame, Group.Value);
        if (_offset == 0 && message.Length <= frame.Length - GroupFrameKind.MessageHeadBytes)
        {
            kind = GroupFrameKind.Message;
            messageBytes = message.Length;
            message.CopyTo(frame[GroupFrameKind.MessageHeadBytes..]);
            return frame[..(GroupFrameKind.MessageHeadBytes + messageBytes)];
        }
        kind = GroupFrameKind.Piece;
        messageBytes = Math.Min(message.Length - _offset, frame.Length - GroupFrameKind.PieceHeadBytes);
        BinaryPrimitives.WriteInt32LittleEndian(frame[8..], message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame[12..], _offset);
        message.AsSpan(_offset, messageBytes).CopyTo(frame[GroupFrameKind.PieceHeadBytes..]);
        return frame[..(GroupFrameKind.PieceHeadBytes + messageBytes)];
    }

    /// <summary>The frame is on its way.</summary>
    public void Advance(int messageBytes)
    {
        _offset += messageBytes;
        if (_offset < _messages.Peek().Length)
            return;
        _messages.Dequeue();
        _offset = 0;
    }
}
