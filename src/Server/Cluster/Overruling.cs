using System.Globalization;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Server.Configuration;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// A node of an earlier generation meets one of a later: an operator has begun the cluster anew without it
/// (<c>force_boot</c>), and what is in its directory must not serve anybody any more.
/// </summary>
internal static class Overruling
{
    /// <summary>Whether a node that was met is of a later generation of the cluster that a directory is of.</summary>
    public static bool IsLater(PeerIdentity? met, NodeIdentity own) =>
        met is not null && met.ClusterId == own.Cluster.Value && met.Generation > own.Generation;

    /// <summary>What its directory says from now on (<see cref="OverruledFile"/>).</summary>
    public static MembershipAnswer By(PeerIdentity peer) => new()
    {
        Outcome = MembershipOutcome.Done,
        Reason = peer.Name.Value,
        Cluster = new ClusterId(peer.ClusterId),
        Generation = peer.Generation,
    };

    /// <summary>What a directory says of it, for the operator; null: nothing.</summary>
    /// <exception cref="ConfigurationException">The directory cannot be used.</exception>
    public static string? Read(NodeName self, string directory, NodeSeams seams)
    {
        if (!new NodeDirectory(directory).Exists)
            return null;
        try
        {
            return OverruledFile.Read(seams.OpenDisk(directory)) is { } later ? Sentence(self, later) : null;
        }
        catch (Exception error) when (error is IdentityException or DiskException)
        {
            throw new ConfigurationException($"data directory {directory}: {error.Message}");
        }
    }

    private static string Sentence(NodeName self, MembershipAnswer later) => string.Create(
        CultureInfo.InvariantCulture,
        $"this node serves nobody: {later.Reason} is of generation {later.Generation} of the cluster, which was begun ")
        + $"anew by force_boot without {self}. 'rabbitmqctl stop_app', 'rabbitmqctl join_cluster {later.Reason}' and "
        + "'rabbitmqctl start_app' bring it back as a new member; what it has is set aside then";
}
