using System.Collections.Immutable;
using Warren.Cluster.Identity;
using Warren.Storage.Disk;

namespace Warren.Cluster.Joining;

/// <summary>
/// The file in a data directory that says who the members of the cluster are (docs/formats/membership.md): whom a node
/// dials before it has its definitions, and whom one that has just joined waits for. Replaced as a whole.
/// </summary>
public static class MembersFile
{
    /// <summary>Its name in the data directory.</summary>
    public const string Path = "members";

    private static readonly FramedFile File = AnswerFile.Of(
        Path, 0x424D_4E57,
        new FileMeaning(
            "which names the cluster's other nodes",
            "put it back from a copy of this directory, or set the directory aside and let the node join anew"));

    /// <summary>
    /// Reads it; nobody if there is none, or if it is of a cluster that the directory is not in: one that a node was
    /// let into, and did not come to before a crash.
    /// </summary>
    /// <param name="disk">The data directory's.</param>
    /// <param name="own">Who the directory says that it is.</param>
    /// <exception cref="IdentityException">It is damaged, or of a later version.</exception>
    public static ImmutableArray<MemberRecord> Read(IDisk disk, NodeIdentity? own) =>
        AnswerFile.Read(File, disk) is { } file
        && (file.Cluster.IsNone || (own is { Generation: > 0 } && own.Cluster == file.Cluster))
            ? file.Members
            : [];

    /// <summary>Puts it in the place of the present one; durable when it returns.</summary>
    /// <exception cref="DiskException">It could not be written; the present one stays.</exception>
    public static void Write(IDisk disk, ClusterId cluster, ImmutableArray<MemberRecord> members) => AnswerFile.Write(
        File, disk,
        new MembershipAnswer { Outcome = MembershipOutcome.Done, Cluster = cluster, Members = members });
}
