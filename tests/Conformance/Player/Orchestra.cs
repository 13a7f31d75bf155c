using System.Collections.Concurrent;

namespace Warren.Conformance.Player;

/// <summary>
/// Plays many scenarios at once against one broker; each has a virtual host of its own, so they do not meet.
/// </summary>
public static class Orchestra
{
    /// <summary>Scenarios wait for the broker most of the time, so more of them than processors may play.</summary>
    private const int Players = 6;

    /// <summary>Plays all; the transcripts, or the failure of the player itself, by scenario name.</summary>
    public static IReadOnlyDictionary<string, Performance> PlayAll(IReadOnlyList<Scenario> scenarios, Endpoint endpoint)
    {
        ConcurrentQueue<Scenario> waiting = new(scenarios);
        ConcurrentDictionary<string, Performance> performances = new();
        Thread[] threads = [.. Enumerable.Range(0, Players).Select(_ => new Thread(Work))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        return performances;

        void Work()
        {
            while (waiting.TryDequeue(out Scenario? scenario))
            {
                try
                {
                    performances[scenario.Name] = new Performance(Player.Play(scenario, endpoint), null);
                }
                catch (Exception failure)
                {
                    performances[scenario.Name] = new Performance([], failure);
                }
            }
        }
    }
}
