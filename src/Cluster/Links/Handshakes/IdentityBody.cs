using System.Buffers.Binary;
using System.Text;

namespace Warren.Cluster.Links;

/// <summary>
/// An identity in a message, little-endian (identities in the order of their text):
/// <code>
///  0 cluster id (16) | 16 generation (8) | 24 node id (16) | 40 boot (8) | 48 process (8) | 56 durable LSN (8)
///  | 64 wall clock, ms (8) | 72 bytes of the name (1) | 73 the name, ASCII
/// </code>
/// </summary>
internal static class IdentityBody
{
    private const int FixedBytes = 73;

    public static int Write(Span<byte> target, PeerIdentity identity)
    {
        new NodeId(identity.ClusterId).Write(target);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], identity.Generation);
        identity.NodeId.Write(target[24..]);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], identity.Boot);
        BinaryPrimitives.WriteInt64LittleEndian(target[48..], identity.Process);
        BinaryPrimitives.WriteInt64LittleEndian(target[56..], identity.DurableLsn);
        BinaryPrimitives.WriteInt64LittleEndian(target[64..], identity.WallClockMs);
        int nameBytes = Encoding.ASCII.GetBytes(identity.Name.Value, target[FixedBytes..]);
        target[72] = (byte)nameBytes;
        return FixedBytes + nameBytes;
    }

    /// <summary>Reads one off the head of a payload; false if it is not whole or no name is in it.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> payload, out PeerIdentity? identity)
    {
        identity = null;
        if (payload.Length < FixedBytes || payload.Length < FixedBytes + payload[72])
            return false;
        int sizeBytes = FixedBytes + payload[72];
        if (!NodeName.TryParse(Encoding.ASCII.GetString(payload[FixedBytes..sizeBytes]), out NodeName name))
            return false;
        identity = new PeerIdentity
        {
            ClusterId = NodeId.Read(payload).Value,
            Generation = BinaryPrimitives.ReadInt64LittleEndian(payload[16..]),
            NodeId = NodeId.Read(payload[24..]),
            Name = name,
            Boot = BinaryPrimitives.ReadInt64LittleEndian(payload[40..]),
            Process = BinaryPrimitives.ReadInt64LittleEndian(payload[48..]),
            DurableLsn = BinaryPrimitives.ReadInt64LittleEndian(payload[56..]),
            WallClockMs = BinaryPrimitives.ReadInt64LittleEndian(payload[64..]),
        };
        payload = payload[sizeBytes..];
        return identity is { Generation: >= 0, Boot: >= 0, DurableLsn: >= 0 };
    }
}
