using System.Globalization;
using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>
/// What the broker's process uses, from /proc: processor time, resident memory, bytes written. Of several, the nodes of
/// a cluster, it is the sum; but the memory is that of the largest.
/// </summary>
internal sealed class ProcessUsage
{
    // USER_HZ, which user space sees as 100 on every Linux.
    private const double TicksPerSecond = 100;
    private const double KiBPerMiB = 1024;
    private readonly int[] _processIds;
    private double _peakMiB;

    /// <param name="processIds">The processes to look at, with commas between them; empty for none.</param>
    internal ProcessUsage(string processIds)
    {
        _processIds = [.. processIds.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(IdOf)];
        Sample();
    }

    internal bool Watching => _processIds.Length > 0;

    internal IReadOnlyList<int> ProcessIds => _processIds;

    /// <summary>Processor seconds of the process since it started.</summary>
    internal double BrokerSeconds => _processIds.Sum(SecondsOf);

    internal static double OwnSeconds => SecondsOf(Environment.ProcessId);

    /// <summary>
    /// Bytes the process has had written to disk since it started, whole pages counted, without those that were thrown
    /// away before they got there.
    /// </summary>
    internal long WrittenBytes => (long)_processIds.Sum(
        id => Line(id, "io", "write_bytes:") - Line(id, "io", "cancelled_write_bytes:"));

    /// <summary>Notes the memory of this moment, so that the peak is known later.</summary>
    internal double Sample()
    {
        double residentMiB = ResidentMiB();
        _peakMiB = Math.Max(_peakMiB, residentMiB);
        return residentMiB;
    }

    /// <summary>What was used between two moments, for so many messages (or none).</summary>
    internal void AddTo(JsonObject json, double brokerSeconds, double elapsedSeconds, long messages)
    {
        if (!Watching)
            return;
        json["broker_cpu_cores"] = Math.Round(brokerSeconds / elapsedSeconds, 3);
        if (messages > 0)
            json["broker_cpu_us_per_message"] = Math.Round(brokerSeconds * 1e6 / messages, 3);
        json["broker_rss_peak_mib"] = Math.Round(_peakMiB, 1);
    }

    /// <summary>Processor seconds of one process since it started.</summary>
    internal static double SecondsOf(int processId)
    {
        string stat = Read($"/proc/{processId}/stat");
        // The second field is the program's name in parentheses and may hold anything; user and system time are the
        // 12th and 13th after it.
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 13 ? 0 : (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    private double ResidentMiB() =>
        _processIds.Select(id => Line(id, "status", "VmRSS:") / KiBPerMiB).DefaultIfEmpty().Max();

    // The number that follows a name in one of the process's files; 0 when it is not there.
    private static double Line(int processId, string file, string name)
    {
        foreach (string line in Read($"/proc/{processId}/{file}").Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return Number(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);
        }

        return 0;
    }

    private static int IdOf(string text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out int id) && id > 0
            ? id
            : throw new UsageException($"--pid wants the numbers of processes, not '{text}'");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ""; // the process has gone; the run will say so by itself
        }
    }
}
