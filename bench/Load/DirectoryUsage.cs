using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>
/// How much disk a directory takes, in blocks as du counts them: looked at twice a second, beside what the messages
/// waiting at that moment amount to.
/// </summary>
internal sealed class DirectoryUsage(string path)
{
    private const long BetweenSamples = Clock.Second / 2;
    private const double KiBPerMiB = 1024;
    private const double BytesPerMiB = 1 << 20;

    private long _sampledAt;
    private double _peakMiB;
    private double _excessMiB = double.MinValue;

    /// <summary>Looks when it is time; <paramref name="liveBytes"/> are the bodies that have to be there now.</summary>
    internal void Sample(long liveBytes)
    {
        if (path.Length == 0 || Clock.Now - _sampledAt < BetweenSamples)
            return;
        double usedMiB = UsedMiB();
        _sampledAt = Clock.Now;
        _peakMiB = Math.Max(_peakMiB, usedMiB);
        _excessMiB = Math.Max(_excessMiB, usedMiB - (2 * liveBytes / BytesPerMiB));
    }

    internal void AddTo(JsonObject json)
    {
        if (_sampledAt == 0)
            return;
        json["disk_peak_mib"] = Math.Round(_peakMiB, 1);
        json["disk_above_twice_live_mib"] = Math.Round(_excessMiB, 1);
    }

    // The total is right although files vanish under du's hands, of which it then complains.
    private double UsedMiB()
    {
        if (!Directory.Exists(path))
            throw new IOException($"the directory {path}, whose size is wanted, does not exist");
        var start = new ProcessStartInfo("du", ["-sk", path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process du = Process.Start(start) ?? throw new IOException("du could not be started");
        du.ErrorDataReceived += (_, _) => { };
        du.BeginErrorReadLine();
        string output = du.StandardOutput.ReadToEnd();
        du.WaitForExit();
        return double.TryParse(output.Split('\t')[0], CultureInfo.InvariantCulture, out double kiB)
            ? kiB / KiBPerMiB
            : throw new IOException($"du -sk {path} said '{output.Trim()}'");
    }
}
