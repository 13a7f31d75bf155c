using System.Buffers.Binary;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// A group's message as the body of a frame: the group, then the message. A leader sends the same message to several
/// members in one turn: what this thread has written last is kept for the next, with the message that it is, unless it
/// is large.
/// </summary>
internal sealed class MessageBody
{
    /// <summary>What a thread keeps at most: an append to a member that lags.</summary>
    private const int MostKeptBytes = 320 * 1024;

    [ThreadStatic]
    private static MessageBody? _ofThread;

    private byte[] _bytes = [];
    private int _sizeBytes;
    private RaftMessage? _message;
    private GroupId _group;

    /// <summary>Valid until this thread asks for another.</summary>
    public static ReadOnlySpan<byte> Of(GroupId group, RaftMessage message) =>
        (_ofThread ??= new MessageBody()).Find(group, message);

    private ReadOnlySpan<byte> Find(GroupId group, RaftMessage message)
    {
        if (ReferenceEquals(message, _message) && group == _group)
            return _bytes.AsSpan(0, _sizeBytes);
        int sizeBytes = GroupFrameKind.MessageHeadBytes + RaftMessageFormat.SizeBytes(message);
        if (sizeBytes > MostKeptBytes)
            return Write(group, message, GC.AllocateUninitializedArray<byte>(sizeBytes));
        _message = null;
        if (_bytes.Length < sizeBytes)
            _bytes = GC.AllocateUninitializedArray<byte>(Math.Clamp(2 * _bytes.Length, sizeBytes, MostKeptBytes));
        Write(group, message, _bytes.AsSpan(0, sizeBytes));
        (_message, _group, _sizeBytes) = (message, group, sizeBytes);
        return _bytes.AsSpan(0, sizeBytes);
    }

    private static Span<byte> Write(GroupId group, RaftMessage message, Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, group.Value);
        RaftMessageFormat.Write(message, bytes[GroupFrameKind.MessageHeadBytes..]);
        return bytes;
    }
}
