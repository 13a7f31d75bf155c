using System.Buffers.Binary;
using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Cluster.Identity;

/// <summary>
/// The file in a data directory that says whose it is (docs/formats/identity.md). Replaced as a whole: a crash leaves
/// the old one or the new one. Without it a directory is blank, or was written before nodes had identities.
/// </summary>
public static class IdentityFile
{
    /// <summary>Its name in the data directory.</summary>
    public const string Path = "identity";

    private const string Unfinished = "identity.new";

    private const uint Magic = 0x4449_4E57;

    private const ushort Version = 1;

    private const int CheckedBytes = 56;

    private const int SizeBytes = CheckedBytes + sizeof(uint);

    /// <summary>Reads it; null if there is none.</summary>
    /// <exception cref="IdentityException">It is damaged, or of a later version.</exception>
    public static NodeIdentity? Read(IDisk disk)
    {
        if (!disk.List("").Contains(Path))
            return null;
        byte[] bytes = new byte[SizeBytes + 1];
        using (IDiskFile file = disk.Open(Path))
        {
            int read = file.Read(0, bytes);
            if (read >= 8 && Magic == BinaryPrimitives.ReadUInt32LittleEndian(bytes)
                && BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(4)) is var version and not Version)
            {
                throw new IdentityException(
                    $"the file \"{Path}\" has format version {version}, this node knows version {Version}: "
                    + "start the version of Warren that wrote it, or a later one");
            }
            if (read != SizeBytes || !IsSound(bytes))
            {
                throw new IdentityException(
                    $"the file \"{Path}\", which says which node this directory belongs to, is damaged: put it back "
                    + "from a copy of this directory, or set the directory aside and let the node join anew");
            }
        }
        return new NodeIdentity(
            NodeId.Read(bytes.AsSpan(8)),
            new ClusterId(new Guid(bytes.AsSpan(24, 16), bigEndian: true)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(40)));
    }

    /// <summary>Puts it in the place of the present one; durable when it returns.</summary>
    public static void Write(IDisk disk, NodeIdentity identity)
    {
        byte[] bytes = new byte[SizeBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        identity.Node.Write(bytes.AsSpan(8));
        identity.Cluster.Value.TryWriteBytes(bytes.AsSpan(24, 16), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), identity.Generation);
        BinaryPrimitives.WriteUInt32LittleEndian(
            bytes.AsSpan(CheckedBytes), Crc32C.Of(bytes.AsSpan(0, CheckedBytes)));
        disk.Delete(Unfinished);
        using (IDiskFile file = disk.Create(Unfinished, SizeBytes))
        {
            file.Write(0, [bytes]);
            file.Sync();
        }
        disk.Rename(Unfinished, Path);
        disk.SyncDirectory("");
    }

    private static bool IsSound(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes[CheckedBytes..]) == Crc32C.Of(bytes[..CheckedBytes]);
}
