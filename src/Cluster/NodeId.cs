namespace Warren.Cluster;

/// <summary>
/// Who a node is: made at random with its data directory, and with it for good. A directory that is set aside takes the
/// identity along; the name (<see cref="NodeName"/>) may go on. All zeros: no node.
/// </summary>
public readonly record struct NodeId(Guid Value) : IComparable<NodeId>
{
    /// <summary>Bytes of an identity in files and messages, big-endian.</summary>
    public const int SizeBytes = 16;

    public static NodeId None => default;

    public bool IsNone => Value == Guid.Empty;

    public static bool operator <(NodeId left, NodeId right) => left.Value.CompareTo(right.Value) < 0;

    public static bool operator >(NodeId left, NodeId right) => left.Value.CompareTo(right.Value) > 0;

    public static bool operator <=(NodeId left, NodeId right) => left.Value.CompareTo(right.Value) <= 0;

    public static bool operator >=(NodeId left, NodeId right) => left.Value.CompareTo(right.Value) >= 0;

    public static NodeId Read(ReadOnlySpan<byte> bytes) => new(new Guid(bytes[..SizeBytes], bigEndian: true));

    public void Write(Span<byte> bytes) => Value.TryWriteBytes(bytes[..SizeBytes], bigEndian: true, out _);

    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}
