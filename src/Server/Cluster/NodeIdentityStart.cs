using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>Who the node is, at its start (docs/formats/identity.md).</summary>
internal static class NodeIdentityStart
{
    /// <summary>
    /// What the directory says; one that says nothing is new, or from before nodes had identities: either way it gets
    /// one, and a cluster of its own, which are durable when this returns.
    /// </summary>
    /// <exception cref="IdentityException">What it says cannot be used.</exception>
    /// <exception cref="DiskException">The new one could not be written.</exception>
    public static NodeIdentity Find(IDisk disk)
    {
        // One of generation 0 has not come to a cluster, and is told of no others any more.
        NodeIdentity? found = IdentityFile.Read(disk);
        if (found is { Generation: > 0 })
            return found;
        var made = new NodeIdentity(
            found?.Node ?? new NodeId(Guid.NewGuid()), new ClusterId(Guid.NewGuid()), Generation: 1);
        IdentityFile.Write(disk, made);
        return made;
    }
}
