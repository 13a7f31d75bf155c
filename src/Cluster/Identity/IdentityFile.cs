using System.Buffers.Binary;
using Warren.Storage.Disk;

namespace Warren.Cluster.Identity;

/// <summary>
/// The file in a data directory that says whose it is (docs/formats/identity.md). Replaced as a whole: a crash leaves
/// the old one or the new one. Without it a directory is blank, or was written before nodes had identities.
/// </summary>
public static class IdentityFile
{
    /// <summary>Its name in the data directory.</summary>
    public const string Path = "identity";

    private const int SizeBytes = 56 + sizeof(uint);

    private static readonly FramedFile Framed = new(
        Path, 0x4449_4E57,
        new FileMeaning(
            "which says which node this directory belongs to",
            "put it back from a copy of this directory, or set the directory aside and let the node join anew"))
    {
        MostBytes = SizeBytes,
    };

    /// <summary>Reads it; null if there is none.</summary>
    /// <exception cref="IdentityException">It is damaged, or of a later version.</exception>
    public static NodeIdentity? Read(IDisk disk)
    {
        if (Framed.Read(disk) is not { } bytes)
            return null;
        if (bytes.Length != SizeBytes)
            throw Framed.Damaged();
        return new NodeIdentity(
            NodeId.Read(bytes.AsSpan(8)),
            new ClusterId(new Guid(bytes.AsSpan(24, 16), bigEndian: true)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(40)));
    }

    /// <summary>Puts it in the place of the present one; durable when it returns.</summary>
    /// <exception cref="DiskException">It could not be written; the present one stays.</exception>
    public static void Write(IDisk disk, NodeIdentity identity)
    {
        byte[] bytes = new byte[SizeBytes];
        identity.Node.Write(bytes.AsSpan(8));
        identity.Cluster.Value.TryWriteBytes(bytes.AsSpan(24, 16), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), identity.Generation);
        Framed.Write(disk, bytes);
    }
}
