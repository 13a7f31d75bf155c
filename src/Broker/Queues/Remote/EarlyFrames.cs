using Warren.Broker.Messages;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Frames of a line to a queue that its home does not know yet, in their order: of each lane the next number only, as
/// later, so that what a broken link sends again takes no room. Owned by the visit's turn.
/// </summary>
internal sealed class EarlyFrames(LinePeer peer)
{
    private LazyQueue<(ushort Kind, Message Frame)> _frames;
    private long _posts;
    private long _settlements;
    private int _sizeBytes;

    /// <summary>Takes over the frame's reference. False: the node has too much of the kind here already.</summary>
    /// <exception cref="FormatException">No sound node sends so much.</exception>
    public bool TryAdd(ushort kind, Message frame)
    {
        ref long last = ref kind == LineFrame.Posts ? ref _posts : ref _settlements;
        if (LineFrame.NumberOf(frame.Body) != last + 1)
        {
            frame.Slab.Release(1);
            return true;
        }
        last++;
        _frames.Enqueue((kind, frame));
        _sizeBytes += frame.BodySizeBytes;
        long ofNodeBytes = peer.AddEarly(frame.BodySizeBytes);
        if (_sizeBytes > LineOptions.MostEarlyBytes)
            throw new FormatException($"more than {LineOptions.MostEarlyBytes} bytes");
        return ofNodeBytes <= LineOptions.MostEarlyBytesOfNode;
    }

    public bool TryTake(out ushort kind, out Message frame)
    {
        bool isThere = _frames.TryDequeue(out (ushort Kind, Message Frame) next);
        (kind, frame) = next;
        if (!isThere)
            return false;
        _sizeBytes -= frame.BodySizeBytes;
        peer.AddEarly(-frame.BodySizeBytes);
        return true;
    }
}
