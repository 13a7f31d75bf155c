using System.Buffers.Binary;
using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// Whose numbers publishes to a replicated queue bear: they rise for as long as this process of the node lives.
/// </summary>
/// <param name="Node">The node of the publishers.</param>
/// <param name="Process">Its process, or the broker's part of it; 0: nobody's.</param>
public readonly record struct PublishSource(NodeId Node, long Process)
{
    // Processes are odd.
    internal const long Keepers = 2;

    /// <summary>
    /// It is nobody's process but whoever keeps delayed messages: his numbers rise for good, and go to many queues, so
    /// that each of them misses most.
    /// </summary>
    public bool IsKeepers => Process == Keepers;

    private static ReadOnlySpan<byte> StoreMark => "delays  "u8;

    /// <summary>What keeps delayed messages on several nodes.</summary>
    public static PublishSource OfDelayStore(QueueId store)
    {
        Span<byte> identity = stackalloc byte[16];
        StoreMark.CopyTo(identity);
        BinaryPrimitives.WriteInt64BigEndian(identity[8..], store.Value);
        return new(new NodeId(new Guid(identity, bigEndian: true)), Keepers);
    }

    /// <summary>False: it is not of <see cref="OfDelayStore"/>.</summary>
    public bool TryGetStore(out QueueId store)
    {
        Span<byte> identity = stackalloc byte[16];
        Node.Value.TryWriteBytes(identity, bigEndian: true, out _);
        bool isStore = IsKeepers && identity.StartsWith(StoreMark);
        store = new QueueId(isStore ? BinaryPrimitives.ReadInt64BigEndian(identity[8..]) : 0);
        return isStore;
    }

    /// <summary>Delayed messages that a node keeps by itself.</summary>
    public static PublishSource OfDelaysOn(NodeId node)
    {
        // Not the node's own identity, under which its processes go.
        Span<byte> identity = stackalloc byte[16];
        node.Value.TryWriteBytes(identity);
        foreach (ref byte octet in identity)
            octet ^= 0x5A;
        return new(new NodeId(new Guid(identity)), Keepers);
    }
}
