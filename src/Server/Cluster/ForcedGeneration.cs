using Warren.Broker.Definitions.Nodes;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// The generation of the cluster that a forced start begins with its node alone (<see cref="ForcedBoot"/>). A crash may
/// come at any point: the directory says that the start is forced until all is done, and the next one does it again.
/// </summary>
/// <param name="plan">What <see cref="ForcedBootFile"/> says.</param>
/// <param name="self">The node's name.</param>
/// <param name="time">The clock.</param>
public sealed class ForcedGeneration(MembershipAnswer plan, string self, TimeProvider time)
{
    /// <summary>Between attempts to leave it behind.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private volatile bool _isFinished;

    /// <summary>From 2; of a node that was alone already, the one that it is of.</summary>
    public long Number => plan.Generation;

    /// <summary>See <see cref="Broker.ClusterSetup.AcceptsLoss"/>; until it is finished.</summary>
    public bool AcceptsLoss => !_isFinished && ForcedBootFile.AcceptsLoss(plan);

    /// <summary>
    /// The directory is of the new generation; durable when it returns. The one step from which there is no way back,
    /// and a single write: whom the file <c>members</c> names stays until the node serves without them.
    /// </summary>
    /// <exception cref="IdentityException">It does not say whose it is.</exception>
    /// <exception cref="DiskException">It could not be written; nothing has changed.</exception>
    public void Begin(IDisk disk)
    {
        NodeIdentity identity = IdentityFile.Read(disk)
            ?? throw new IdentityException($"the file \"{IdentityFile.Path}\" is lost");
        IdentityFile.Write(disk, identity with { Generation = plan.Generation });
    }

    /// <summary>
    /// Once the node serves: the dead are remembered as such, behind which it is durable as well that they are no
    /// members any more; then the next start is as any other. Goes on until that is done. Nobody may join before: a
    /// start that is forced once more would leave him out.
    /// </summary>
    /// <param name="members">Of the new generation.</param>
    /// <param name="disk">The data directory's.</param>
    /// <param name="tell">Is told why it is not done yet, whenever that changes.</param>
    /// <param name="stop">The node stops.</param>
    public async Task FinishAsync(
        ClusterMembership members, IDisk disk, Action<string> tell, CancellationToken stop)
    {
        await members.WhenServing.WaitAsync(stop).ConfigureAwait(false);
        bool isNoted = false;
        string told = "";
        while (true)
        {
            try
            {
                if (!isNoted)
                    await NoteAsync(members).WaitAsync(stop).ConfigureAwait(false);
                isNoted = true;
                ForcedBootFile.Remove(disk);
                _isFinished = true;
                return;
            }
            // The outermost loop: left behind, nobody could ever join.
            catch (Exception error) when (!stop.IsCancellationRequested)
            {
                if (told != error.Message)
                    tell(error.Message);
                told = error.Message;
            }
            await Task.Delay(Interval, time, stop).ConfigureAwait(false);
        }
    }

    private async Task NoteAsync(ClusterMembership members)
    {
        foreach (MemberRecord dead in plan.Members)
        {
            await members.NoteForgottenAsync(dead.Id, dead.Name.Value, $"force_boot on {self}", time.GetUtcNow())
                .ConfigureAwait(false);
        }
    }
}
