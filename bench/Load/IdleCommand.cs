using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>Asks nothing of anybody for a while, and says what the busiest of the processes did meanwhile.</summary>
internal sealed class IdleCommand(Arguments arguments)
{
    private readonly double _settleSeconds = arguments.Number("settle", 3);
    private readonly double _holdSeconds = arguments.Number("hold", 10);
    private readonly ProcessUsage _usage = new(arguments.Text("pid", ""));

    internal JsonObject Run()
    {
        _ = arguments.Text("uri", "");
        arguments.RejectRest();
        Wait(_settleSeconds);
        long from = Clock.Now;
        double[] before = [.. _usage.ProcessIds.Select(ProcessUsage.SecondsOf)];
        Wait(_holdSeconds);
        double seconds = Clock.Seconds(Clock.Now - from);
        double[] used = [.. _usage.ProcessIds.Select((id, i) => ProcessUsage.SecondsOf(id) - before[i])];
        var json = new JsonObject
        {
            ["idle_cpu_percent_of_core"] = Math.Round(100 * used.DefaultIfEmpty().Max() / seconds, 2),
            ["rss_after_mib"] = Math.Round(_usage.Sample(), 1),
        };
        _usage.AddTo(json, used.Sum(), seconds, 0);
        return json;
    }

    private static void Wait(double seconds)
    {
        using var never = new ManualResetEventSlim(false);
        never.Wait(TimeSpan.FromSeconds(seconds));
    }
}
