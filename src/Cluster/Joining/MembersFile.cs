using System.Buffers.Binary;
using System.Collections.Immutable;
using Warren.Cluster.Identity;
using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Cluster.Joining;

/// <summary>
/// The file in a data directory that says who the members of the cluster are (docs/formats/membership.md): whom a node
/// dials before it has its definitions, and whom one that has just joined waits for. Replaced as a whole.
/// </summary>
public static class MembersFile
{
    /// <summary>Its name in the data directory.</summary>
    public const string Path = "members";

    private const string Unfinished = "members.new";

    private const uint Magic = 0x424D_4E57;

    private const ushort Version = 1;

    private const int HeadBytes = 12;

    private const int MostBytes = 128 * 1024;

    /// <summary>Reads it; nobody if there is none.</summary>
    /// <exception cref="IdentityException">It is damaged, or of a later version.</exception>
    public static ImmutableArray<MemberRecord> Read(IDisk disk)
    {
        if (!disk.List("").Contains(Path))
            return [];
        byte[] bytes = new byte[MostBytes];
        int read;
        using (IDiskFile file = disk.Open(Path))
            read = file.Read(0, bytes);
        if (read >= HeadBytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic
            && BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(4)) is var version and not Version)
        {
            throw new IdentityException(
                $"the file \"{Path}\" has format version {version}, this node knows version {Version}: "
                + "start the version of Warren that wrote it, or a later one");
        }
        return Content(bytes.AsSpan(0, read)) ?? throw new IdentityException(
            $"the file \"{Path}\", which names the cluster's other nodes, is damaged: put it back from a copy of this "
            + "directory, or set the directory aside and let the node join anew");
    }

    /// <summary>Puts it in the place of the present one; durable when it returns.</summary>
    public static void Write(IDisk disk, ImmutableArray<MemberRecord> members)
    {
        byte[] content = MembershipFormat.Write(
            new MembershipAnswer { Outcome = MembershipOutcome.Done, Members = members });
        byte[] bytes = new byte[HeadBytes + content.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Crc32C.Of(content));
        content.CopyTo(bytes, HeadBytes);
        disk.Delete(Unfinished);
        using (IDiskFile file = disk.Create(Unfinished, bytes.Length))
        {
            file.Write(0, [bytes]);
            file.Sync();
        }
        disk.Rename(Unfinished, Path);
        disk.SyncDirectory("");
    }

    private static ImmutableArray<MemberRecord>? Content(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Crc32C.Of(bytes[HeadBytes..]))
            return null;
        return MembershipFormat.ReadAnswer(bytes[HeadBytes..])?.Members;
    }
}
