using Warren.Faults.Ledgers;
using Warren.Faults.Nodes;
using Warren.Faults.Scenarios;
using Xunit;

[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Warren.Faults;

/// <summary>A share of the kills with every test run; <c>./build.sh faults kill</c> does many more.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Rounds = 5;

    [Fact]
    public async Task A_killed_node_keeps_what_it_confirmed_and_brings_nothing_back()
    {
        using var node = new WarrenNode();
        // Another seed with every run; the one that fails is in the message.
        int seed = Random.Shared.Next();
        await RunAsync(node, new KillOptions { Seed = seed, Rounds = Rounds, MostConfirms = 2000 });
    }

    /// <summary>The run is only worth what it finds: here all that one life wrote is taken away behind it.</summary>
    [Fact]
    public async Task A_directory_that_went_back_in_time_is_found()
    {
        using var node = new WarrenNode();
        string copy = Directory.CreateTempSubdirectory("warren-faults-copy-").FullName;
        string files = Path.Combine(node.Root, "data", "faults@localhost");
        var options = new KillOptions { Seed = 7, Rounds = 2, MostConfirms = 2000, BeforeStart = GoBack };
        try
        {
            FaultException found = await Assert.ThrowsAsync<FaultException>(() => RunAsync(node, options));
            Assert.Contains("lost, in life 3", found.Message, StringComparison.Ordinal);
            Assert.Contains("seed 7, round 2", found.Message, StringComparison.Ordinal);
        }
        finally
        {
            node.KeepsDirectory = false;
            Directory.Delete(copy, recursive: true);
        }

        void GoBack(int round)
        {
            if (round == 1)
                Copy(files, copy);
            else
                Copy(copy, files);
        }
    }

    private Task RunAsync(WarrenNode node, KillOptions options)
    {
        var tested = new TestedNode(node, new Ledger(new Guarantees()), options.Seed);
        return new KillScenario(tested, options with { Report = output.WriteLine }).RunAsync();
    }

    private static void Copy(string from, string to)
    {
        Directory.Delete(to, recursive: true);
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
