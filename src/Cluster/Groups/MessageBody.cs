using System.Buffers.Binary;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// A group's message as the body of a frame: the group, then the message. A leader sends the same message to several
/// members in one turn: the body of what this thread has written last is kept for the next.
/// </summary>
internal sealed class MessageBody
{
    /// <summary>What is kept between messages: an append that is full, and its entries' heads.</summary>
    private const int MostKeptBytes = 512 * 1024;

    [ThreadStatic]
    private static MessageBody? _ofThread;

    private byte[] _bytes = [];
    private int _sizeBytes;
    private RaftMessage? _message;
    private GroupId _group;

    /// <summary>Valid until this thread asks for another.</summary>
    public static ReadOnlySpan<byte> Of(GroupId group, RaftMessage message) =>
        (_ofThread ??= new MessageBody()).Write(group, message);

    private ReadOnlySpan<byte> Write(GroupId group, RaftMessage message)
    {
        if (ReferenceEquals(message, _message) && group == _group)
            return _bytes.AsSpan(0, _sizeBytes);
        _message = null;
        _sizeBytes = GroupFrameKind.MessageHeadBytes + RaftMessageFormat.SizeBytes(message);
        if (_bytes.Length < _sizeBytes || _bytes.Length > MostKeptBytes)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(
                Math.Max(_sizeBytes, Math.Min(2 * _bytes.Length, MostKeptBytes)));
        }
        BinaryPrimitives.WriteInt64LittleEndian(_bytes, group.Value);
        RaftMessageFormat.Write(message, _bytes.AsSpan(GroupFrameKind.MessageHeadBytes.._sizeBytes));
        (_message, _group) = (message, group);
        return _bytes.AsSpan(0, _sizeBytes);
    }
}
