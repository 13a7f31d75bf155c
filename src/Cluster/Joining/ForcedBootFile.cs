using Warren.Cluster.Identity;
using Warren.Storage.Disk;

namespace Warren.Cluster.Joining;

/// <summary>
/// The file in a data directory that says that its next start begins a new generation of the cluster, without the
/// members that it names (docs/formats/membership.md). It goes when that is durable: a crash between makes the start do
/// it again, with the same generation.
/// </summary>
public static class ForcedBootFile
{
    /// <summary>Its name in the data directory.</summary>
    public const string Path = "force-boot";

    private const string AcceptLoss = "accept-loss";

    private static readonly FramedFile File = AnswerFile.Of(
        Path, 0x4246_4E57,
        new FileMeaning(
            "which says that the next start goes on without the other nodes",
            "remove it, and give 'rabbitmqctl force_boot' again"));

    /// <summary>The generation that is to begin, and whom it begins without; null: nothing is forced.</summary>
    /// <exception cref="IdentityException">It is damaged, or of a later version.</exception>
    public static MembershipAnswer? Read(IDisk disk) => AnswerFile.Read(File, disk);

    /// <summary>
    /// Whether queues of which not all is left go on with what there is, as the operator has said.
    /// </summary>
    public static bool AcceptsLoss(MembershipAnswer plan) => plan.Reason == AcceptLoss;

    /// <summary>
    /// Whether the node was alone already, so that all there is to it is what <see cref="AcceptsLoss"/> says: nobody is
    /// overruled by it, and it can be withdrawn until it is done.
    /// </summary>
    public static bool IsOfLoneNode(MembershipAnswer plan) => plan.Members.IsEmpty && AcceptsLoss(plan);

    /// <summary>The same plan, by which they do, or do not.</summary>
    public static MembershipAnswer With(MembershipAnswer plan, bool acceptsLoss) =>
        plan with { Reason = acceptsLoss ? AcceptLoss : "" };

    /// <summary>Puts it there; durable when it returns.</summary>
    /// <exception cref="DiskException">It could not be written.</exception>
    public static void Write(IDisk disk, MembershipAnswer plan) => AnswerFile.Write(File, disk, plan);

    /// <summary>The start is as any other again; durable when it returns.</summary>
    /// <exception cref="DiskException">It could not be removed.</exception>
    public static void Remove(IDisk disk)
    {
        disk.Delete(Path);
        disk.SyncDirectory("");
    }
}
