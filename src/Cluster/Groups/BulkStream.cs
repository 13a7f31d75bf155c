using System.Buffers;
using System.Buffers.Binary;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// A group's large messages on their way to one node, and the appends that must not overtake them: in order, the first
/// perhaps sent in part. Guarded by <see cref="GroupSender"/>.
/// </summary>
internal sealed class BulkStream(GroupId group)
{
    /// <summary>
    /// What is longer gets an array of its very size, which is not kept. 2 MiB: a chunk of a snapshot is a mebibyte of
    /// payloads, and what it says beside them.
    /// </summary>
    private const int MostPooledBytes = 2 * 1024 * 1024;

    // The first bytes of their arrays.
    private readonly Queue<(byte[] Bytes, int SizeBytes)> _messages = new();
    private int _offset;

    public GroupId Group { get; } = group;

    public bool IsEmpty => _messages.Count == 0;

    /// <summary>A message has been begun and is not whole yet.</summary>
    public bool IsOpen => _offset > 0;

    /// <summary>A message of so many bytes.</summary>
    /// <returns>Where it is to be written, before anything else is asked.</returns>
    public Span<byte> Add(int sizeBytes)
    {
        byte[] bytes = sizeBytes <= MostPooledBytes
            ? ArrayPool<byte>.Shared.Rent(sizeBytes)
            : GC.AllocateUninitializedArray<byte>(sizeBytes);
        _messages.Enqueue((bytes, sizeBytes));
        return bytes.AsSpan(0, sizeBytes);
    }

    /// <summary>Writes the next frame's body; what it holds of the message is its length less its head.</summary>
    public ReadOnlySpan<byte> NextFrame(Span<byte> frame, out ushort kind, out int messageBytes)
    {
        (byte[] bytes, int sizeBytes) = _messages.Peek();
        ReadOnlySpan<byte> message = bytes.AsSpan(0, sizeBytes);
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
        message.Slice(_offset, messageBytes).CopyTo(frame[GroupFrameKind.PieceHeadBytes..]);
        return frame[..(GroupFrameKind.PieceHeadBytes + messageBytes)];
    }

    /// <summary>The frame is on its way.</summary>
    public void Advance(int messageBytes)
    {
        _offset += messageBytes;
        if (_offset < _messages.Peek().SizeBytes)
            return;
        RemoveFirst();
    }

    /// <summary>Nothing of it is sent any more.</summary>
    public void Clear()
    {
        while (!IsEmpty)
            RemoveFirst();
    }

    private void RemoveFirst()
    {
        (byte[] bytes, int sizeBytes) = _messages.Dequeue();
        _offset = 0;
        if (sizeBytes <= MostPooledBytes)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
