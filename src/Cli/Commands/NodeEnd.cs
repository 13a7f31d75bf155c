using System.Globalization;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The end of a node's process, which nobody can answer a command about.</summary>
internal static class NodeEnd
{
    private const int LookEveryMs = 20;

    /// <summary>Waits until the process is gone.</summary>
    public static void Await(int processId, int? timeoutMs)
    {
        for (long waitedMs = 0; IsThere(processId); waitedMs += LookEveryMs)
        {
            if (waitedMs > timeoutMs)
                throw new TimeoutException();
            Pause.ForMs(LookEveryMs);
        }
    }

    /// <summary>Whether a process runs and has not only been left for its parent to bury.</summary>
    public static bool IsThere(int processId)
    {
        string status = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat");
        if (!Directory.Exists("/proc/self"))
            return IsListed(processId);
        try
        {
            string text = File.ReadAllText(status);
            return text[(text.LastIndexOf(')') + 2)..] is not ['Z' or 'X', ..];
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The process that a pid file names; null: there is none, or it cannot be read.</summary>
    public static int? ReadPid(string path)
    {
        try
        {
            return int.TryParse(
                File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                ? pid
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsListed(int processId)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
