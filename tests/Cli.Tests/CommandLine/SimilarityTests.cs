using Warren.Cli.CommandLine;
using Xunit;

namespace Warren.Cli.Tests.CommandLine;

public sealed class SimilarityTests
{
    // Jaro's textbook examples.
    [Theory]
    [InlineData("MARTHA", "MARHTA", 0.944)]
    [InlineData("DIXON", "DICKSONX", 0.767)]
    [InlineData("same", "same", 1)]
    [InlineData("abc", "xyz", 0)]
    public void AlikenessIsJaros(string first, string second, double alike) =>
        Assert.Equal(alike, Similarity.Between(first, second), 3);

    [Fact]
    public void TheNearestIsSuggestedAndNothingFarAway()
    {
        string[] known = ["list_queues", "list_users", "status"];
        Assert.Equal("list_queues", Similarity.Nearest("list_quues", known));
        Assert.Null(Similarity.Nearest("bogus_command", known));
    }
}
