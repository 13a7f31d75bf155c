using System.Globalization;
using Xunit;

namespace Warren.Broker.Tests.Queues;

public sealed class QueueFuzzTests
{
    /// <summary>More seeds by WARREN_FUZZ_SEEDS; a failing seed is named in the message and stays failing.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Machine_and_model_agree_under_random_commands(bool isStored) =>
        ForSeeds(400, seed => new QueueFuzzer(seed, isStored).Run(150));

    [Fact]
    public void Nothing_is_lost_doubled_mixed_up_or_stuck_while_bytes_come_and_go() =>
        ForSeeds(400, seed => new PagingFuzzer(seed).Run(60));

    private static void ForSeeds(int usual, Action<int> run)
    {
        string? wanted = Environment.GetEnvironmentVariable("WARREN_FUZZ_SEEDS");
        int seeds = wanted is null ? usual : int.Parse(wanted, CultureInfo.InvariantCulture);
        for (int seed = 0; seed < seeds; seed++)
        {
            try
            {
                run(seed);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}: {error.Message}", error);
            }
        }
    }
}
