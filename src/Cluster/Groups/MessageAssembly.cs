using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// Puts messages together that one node sends in pieces: one of a group at a time, of a few groups at once. Owned by
/// the loop that reads the node's link; begun anew with each link, since what a lost link was bringing is lost with it.
/// </summary>
internal sealed class MessageAssembly(GroupTransportOptions options)
{
    private readonly Dictionary<long, OpenMessage> _open = [];
    private long _openBytes;

    /// <summary>What is held of messages that are not whole, bytes.</summary>
    public long OpenBytes => Volatile.Read(ref _openBytes);

    public void Clear()
    {
        _open.Clear();
        Volatile.Write(ref _openBytes, 0);
    }

    /// <summary>Takes a frame's body; false if it is no piece that could come now.</summary>
    /// <param name="body">Of the frame; copied.</param>
    /// <param name="group">Whose message it is.</param>
    /// <param name="message">The whole message, if this was its last piece; else empty.</param>
    public bool TryAdd(ReadOnlySpan<byte> body, out GroupId group, out ReadOnlyMemory<byte> message)
    {
        group = default;
        message = default;
        if (body.Length <= GroupFrameKind.PieceHeadBytes)
            return false;
        group = new GroupId(BinaryPrimitives.ReadInt64LittleEndian(body));
        int length = BinaryPrimitives.ReadInt32LittleEndian(body[8..]);
        int offset = BinaryPrimitives.ReadInt32LittleEndian(body[12..]);
        ReadOnlySpan<byte> piece = body[GroupFrameKind.PieceHeadBytes..];
        if (length <= 0 || length > options.MostMessageBytes || offset < 0 || piece.Length > length - offset)
            return false;
        if (!TryFind(group, length, offset, out OpenMessage? open)
            || _openBytes + piece.Length > (long)options.MostMessageBytes + options.WaitingBulkBytes)
            return false;
        open.Add(piece);
        Volatile.Write(ref _openBytes, _openBytes + piece.Length);
        if (!open.IsWhole)
            return true;
        _open.Remove(group.Value);
        Volatile.Write(ref _openBytes, _openBytes - open.LengthBytes);
        message = open.Bytes;
        return true;
    }

    private bool TryFind(
        GroupId group, int length, int offset, [NotNullWhen(true)] out OpenMessage? open)
    {
        bool isOpen = _open.TryGetValue(group.Value, out open);
        if (offset > 0)
            return isOpen && open!.LengthBytes == length && open.ReceivedBytes == offset;
        if (isOpen || _open.Count >= options.MostOpenMessages)
            return false;
        _open.Add(group.Value, open = new OpenMessage(length));
        return true;
    }
}
