using System.Globalization;
using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>What the broker's process uses, from /proc: processor time, resident memory, bytes written.</summary>
internal sealed class ProcessUsage
{
    // USER_HZ, which user space sees as 100 on every Linux.
    private const double TicksPerSecond = 100;
    private const double KiBPerMiB = 1024;
    private readonly int _processId;
    private double _peakMiB;

    /// <param name="processId">The process to look at; 0 for none.</param>
    internal ProcessUsage(int processId)
    {
        _processId = processId;
        Sample();
    }

    /// <summary>One for each of the processes that are listed, with commas between them.</summary>
    internal static ProcessUsage[] OfAll(string processIds) =>
        [.. processIds.Split(',').Select(id => new ProcessUsage(int.Parse(id, CultureInfo.InvariantCulture)))];

    internal bool Watching => _processId != 0;

    /// <summary>Processor seconds of the process since it started.</summary>
    internal double BrokerSeconds => SecondsOf(_processId);

    internal static double OwnSeconds => SecondsOf(Environment.ProcessId);

    /// <summary>
    /// Bytes the process has had written to disk since it started, whole pages counted, without those that were thrown
    /// away before they got there.
    /// </summary>
    internal long WrittenBytes => (long)(Line("io", "write_bytes:") - Line("io", "cancelled_write_bytes:"));

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

    /// <summary>The same of several processes together, the largest one's memory among them.</summary>
    internal static void AddSum(
        JsonObject json, ProcessUsage[] usages, double brokerSeconds, double elapsedSeconds, long messages) =>
        usages.MaxBy(usage => usage._peakMiB)!.AddTo(json, brokerSeconds, elapsedSeconds, messages);

    private static double SecondsOf(int processId)
    {
        string stat = Read($"/proc/{processId}/stat");
        // The second field is the program's name in parentheses and may hold anything; user and system time are the
        // 12th and 13th after it.
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 13 ? 0 : (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    private double ResidentMiB() => Line("status", "VmRSS:") / KiBPerMiB;

    // The number that follows a name in one of the process's files; 0 when it is not there.
    private double Line(string file, string name)
    {
        foreach (string line in Read($"/proc/{_processId}/{file}").Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return Number(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);
        }

        return 0;
    }

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
