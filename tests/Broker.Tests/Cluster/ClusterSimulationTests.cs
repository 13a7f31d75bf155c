using System.Globalization;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// Definitions of whole clusters under load, with crashes, partitions, losses and changes of leader, from a seed.
/// </summary>
public sealed class ClusterSimulationTests
{
    /// <summary>More seeds by WARREN_FUZZ_SEEDS; a failing seed is named in the message and stays failing.</summary>
    [Fact]
    public void Whatever_happens_what_was_answered_holds_and_all_nodes_agree()
    {
        string? wanted = Environment.GetEnvironmentVariable("WARREN_FUZZ_SEEDS");
        int first = 0;
        int seeds = 8;
        if (wanted?.Split('-') is [string from, string to])
        {
            first = int.Parse(from, CultureInfo.InvariantCulture);
            seeds = int.Parse(to, CultureInfo.InvariantCulture) - first;
        }
        else if (wanted is not null)
        {
            seeds = int.Parse(wanted, CultureInfo.InvariantCulture);
        }
        int answered = 0;
        int refused = 0;
        for (int seed = first; seed < first + seeds; seed++)
        {
            try
            {
                var simulation = new DefinitionsSimulation(seed);
                simulation.Run();
                answered += simulation.Answered;
                refused += simulation.Refused;
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}: {error.Message}", error);
            }
        }
        Assert.True(answered > 20 * seeds, $"{answered} answered, {refused} refused");
    }
}
