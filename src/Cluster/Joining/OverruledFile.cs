using Warren.Cluster.Identity;
using Warren.Storage.Disk;

namespace Warren.Cluster.Joining;

/// <summary>
/// The file in a data directory whose node has met one of a later generation of its cluster
/// (docs/formats/membership.md): what is in the directory counts no more, and serves nobody, until the node joins
/// again with a new one.
/// </summary>
public static class OverruledFile
{
    /// <summary>Its name in the data directory.</summary>
    public const string Path = "overruled";

    private static readonly FramedFile File = AnswerFile.Of(
        Path, 0x564F_4E57,
        new FileMeaning(
            "which says that the cluster was begun anew without this node",
            "let the node join again, with 'rabbitmqctl join_cluster'"));

    /// <summary>The later generation, and who is of it; null: none was met.</summary>
    /// <exception cref="IdentityException">It is damaged, or of a later version.</exception>
    public static MembershipAnswer? Read(IDisk disk) => AnswerFile.Read(File, disk);

    /// <summary>Puts it there; durable when it returns.</summary>
    /// <exception cref="DiskException">It could not be written.</exception>
    public static void Write(IDisk disk, MembershipAnswer later) => AnswerFile.Write(File, disk, later);
}
