using System.Globalization;
using System.Text;
using Warren.Cluster.Joining;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// What an operator has done against the rules, for people: <c>incidents/force-boot-CLUSTER-GENERATION.txt</c> in the
/// data directory, and with <c>-accepted</c> behind the generation what its node accepted when it was alone already.
/// </summary>
internal static class IncidentFile
{
    /// <summary>More than a node's queues need; what is older goes.</summary>
    private const int MostBytes = 16 * 1024 * 1024;

    /// <summary>Durable when it returns. A start that is made again replaces what it has said before.</summary>
    /// <exception cref="DiskException">It could not be written.</exception>
    public static string Write(IDisk disk, MembershipAnswer plan, string text) => Replace(disk, plan, "", text);

    /// <summary>
    /// Durable when it returns. It may happen again, and a start that was cut off has accepted a part: what was said
    /// before stays.
    /// </summary>
    /// <exception cref="DiskException">It could not be read or written.</exception>
    public static string AddAccepted(IDisk disk, MembershipAnswer plan, string text)
    {
        const string Ending = "-accepted";
        MakeFolder(disk);
        string path = PathOf(plan, Ending);
        if (!disk.List(NodeDirectory.Incidents).Contains(path[(NodeDirectory.Incidents.Length + 1)..]))
            return Replace(disk, plan, Ending, text);
        byte[] before;
        using (IDiskFile file = disk.Open(path))
        {
            before = new byte[Math.Min(file.LengthBytes, MostBytes)];
            before = before[..file.Read(file.LengthBytes - before.Length, before)];
        }
        return Replace(disk, plan, Ending, Encoding.UTF8.GetString(before) + text);
    }

    private static string Replace(IDisk disk, MembershipAnswer plan, string ending, string text)
    {
        MakeFolder(disk);
        string path = PathOf(plan, ending);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        disk.Replace(path, bytes.Length, file => file.Write(0, [bytes]));
        return path;
    }

    private static void MakeFolder(IDisk disk)
    {
        disk.MakeDirectory(NodeDirectory.Incidents);
        disk.SyncDirectory("");
    }

    private static string PathOf(MembershipAnswer plan, string ending) => string.Create(
        CultureInfo.InvariantCulture,
        $"{NodeDirectory.Incidents}/force-boot-{plan.Cluster}-{plan.Generation}{ending}.txt");
}
