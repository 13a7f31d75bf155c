using System.Globalization;
using System.Text;
using Warren.Cluster.Joining;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// What an operator has done against the rules, for people: <c>incidents/force-boot-CLUSTER-GENERATION.txt</c> in the
/// data directory.
/// </summary>
internal static class IncidentFile
{
    /// <summary>Durable when it returns. A start that is made again replaces what it has said before.</summary>
    /// <exception cref="DiskException">It could not be written.</exception>
    public static string Write(IDisk disk, MembershipAnswer plan, string text)
    {
        disk.MakeDirectory(NodeDirectory.Incidents);
        disk.SyncDirectory("");
        string path = string.Create(
            CultureInfo.InvariantCulture,
            $"{NodeDirectory.Incidents}/force-boot-{plan.Cluster}-{plan.Generation}.txt");
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        disk.Replace(path, bytes.Length, file => file.Write(0, [bytes]));
        return path;
    }
}
