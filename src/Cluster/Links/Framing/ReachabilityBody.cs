using System.Buffers.Binary;

namespace Warren.Cluster.Links;

/// <summary>
/// Whom a node reaches by a link that is up: <c>0 count (2) | 2 identities of 16 bytes each</c>. Each such frame
/// replaces the one before.
/// </summary>
internal static class ReachabilityBody
{
    /// <summary>Far more nodes than a cluster has.</summary>
    public const int MostNodes = 256;

    public static byte[] Make(IReadOnlyCollection<NodeId> nodes)
    {
        int count = Math.Min(nodes.Count, MostNodes);
        byte[] body = new byte[sizeof(ushort) + (count * NodeId.SizeBytes)];
        BinaryPrimitives.WriteUInt16LittleEndian(body, (ushort)count);
        int at = sizeof(ushort);
        foreach (NodeId node in nodes.Take(count))
        {
            node.Write(body.AsSpan(at));
            at += NodeId.SizeBytes;
        }
        return body;
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out HashSet<NodeId> nodes)
    {
        nodes = [];
        if (body.Length < sizeof(ushort))
            return false;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(body);
        if (count > MostNodes || body.Length < sizeof(ushort) + (count * NodeId.SizeBytes))
            return false;
        for (int index = 0; index < count; index++)
            nodes.Add(NodeId.Read(body[(sizeof(ushort) + (index * NodeId.SizeBytes))..]));
        return true;
    }
}
