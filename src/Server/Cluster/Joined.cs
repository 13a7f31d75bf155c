using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>A blank directory becomes that of a node that waits for its cluster.</summary>
internal static class Joined
{
    /// <summary>Durable when it returns. The members come first: the identity is what makes them count.</summary>
    public static void Write(IDisk disk, NodeId self, MembershipAnswer answer)
    {
        MembersFile.Write(disk, answer.Cluster, answer.Members);
        IdentityFile.Write(disk, new NodeIdentity(self, answer.Cluster, answer.Generation));
    }
}
