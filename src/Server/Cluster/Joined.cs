using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>A blank directory becomes that of a node that waits for its cluster.</summary>
internal static class Joined
{
    /// <summary>Makes the directory; there must be none. Durable when it returns.</summary>
    /// <exception cref="DiskException">It cannot be made; part of it may be there.</exception>
    public static void Make(string directory, NodeSeams seams, NodeId self, MembershipAnswer answer)
    {
        using DirectoryLock held = DirectoryLock.Take(directory);
        Write(seams.OpenDisk(directory), self, answer);
    }

    /// <summary>Durable when it returns. The members come first: the identity is what makes them count.</summary>
    /// <exception cref="IdentityException">It is not blank: what is in its log is of another cluster.</exception>
    public static void Write(IDisk disk, NodeId self, MembershipAnswer answer)
    {
        if (disk.List(NodeDirectory.Log).Count > 0)
            throw new IdentityException("it has a log, and a node that joins a cluster begins with nothing");
        MembersFile.Write(disk, answer.Cluster, answer.Members);
        IdentityFile.Write(disk, new NodeIdentity(self, answer.Cluster, answer.Generation));
    }
}
