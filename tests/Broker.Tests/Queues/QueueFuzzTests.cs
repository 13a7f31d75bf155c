using System.Globalization;
using Xunit;

namespace Warren.Broker.Tests.Queues;

public sealed class QueueFuzzTests
{
    /// <summary>More seeds by WARREN_FUZZ_SEEDS; a failing seed is named in the message and stays failing.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Machine_and_model_agree_under_random_commands(bool isStored)
    {
        string? wanted = Environment.GetEnvironmentVariable("WARREN_FUZZ_SEEDS");
        int seeds = wanted is null ? 400 : int.Parse(wanted, CultureInfo.InvariantCulture);
        for (int seed = 0; seed < seeds; seed++)
        {
            try
            {
                new QueueFuzzer(seed, isStored).Run(150);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}: {error.Message}", error);
            }
        }
    }
}
