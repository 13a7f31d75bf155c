using System.Buffers.Binary;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Links;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// A group's message as the body of one frame: the group, then the message. A leader sends the same message to several
/// members in one turn: what this thread has written last is kept for the next, with the message that it is.
/// </summary>
internal sealed class MessageBody
{
    [ThreadStatic]
    private static MessageBody? _ofThread;

    private byte[] _bytes = [];
    private int _sizeBytes;
    private RaftMessage? _message;
    private GroupId _group;

    /// <summary>False: it does not fit a frame.</summary>
    /// <param name="group">Whose.</param>
    /// <param name="message">What.</param>
    /// <param name="body">Valid until this thread asks for another.</param>
    public static bool TryGet(GroupId group, RaftMessage message, out ReadOnlySpan<byte> body)
    {
        body = (_ofThread ??= new MessageBody()).Find(group, message);
        return !body.IsEmpty;
    }

    private ReadOnlySpan<byte> Find(GroupId group, RaftMessage message)
    {
        if (ReferenceEquals(message, _message) && group == _group)
            return _bytes.AsSpan(0, _sizeBytes);
        int sizeBytes = GroupFrameKind.MessageHeadBytes + RaftMessageFormat.SizeBytes(message);
        if (sizeBytes > PeerLink.MostBodyBytes)
            return default;
        _message = null;
        if (_bytes.Length < sizeBytes)
        {
            int doubled = Math.Min(2 * _bytes.Length, PeerLink.MostBodyBytes);
            _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(doubled, sizeBytes));
        }
        BinaryPrimitives.WriteInt64LittleEndian(_bytes, group.Value);
        RaftMessageFormat.Write(message, _bytes.AsSpan(GroupFrameKind.MessageHeadBytes..sizeBytes));
        (_message, _group, _sizeBytes) = (message, group, sizeBytes);
        return _bytes.AsSpan(0, sizeBytes);
    }
}
