using Warren.Conformance.Harness;
using Xunit;

namespace Warren.Conformance.Clients;

/// <summary>Programs with amqplib for Node.js, which npm installs beside them at the first run.</summary>
public sealed class AmqplibTests(BrokerFixture fixture)
{
    private static readonly string Home = Repository.Path("tests", "Conformance", "Clients", "amqplib");
    private static readonly Lazy<string?> Missing = new(Install);

    [Theory]
    [InlineData("work_queue")]
    [InlineData("topics")]
    [InlineData("rpc")]
    [InlineData("confirms_and_returns")]
    [InlineData("dead_letters")]
    [InlineData("priorities")]
    [InlineData("large")]
    [InlineData("channel_error")]
    [InlineData("cancelled_consumer")]
    [InlineData("channels")]
    public void Amqplib(string program)
    {
        Assert.SkipWhen(Missing.Value is not null, Missing.Value ?? "");
        ProgramRun run = ProgramRun.Start(
            "node", ["programs.js", program, fixture.Broker.Endpoint.Uri()], TimeSpan.FromMinutes(1), Home);
        Assert.True(run.ExitCode == 0, run.Output);
    }

    /// <summary>Null when the programs can run, otherwise what is missing.</summary>
    private static string? Install()
    {
        if (!ProgramRun.Succeeds("node", "--version") || !ProgramRun.Succeeds("npm", "--version"))
            return "node and npm are not installed";
        if (Directory.Exists(Path.Combine(Home, "node_modules", "amqplib")))
            return null;
        ProgramRun npm = ProgramRun.Start("npm", ["ci", "--no-audit", "--no-fund"], TimeSpan.FromMinutes(2), Home);
        return npm.ExitCode == 0 ? null : $"npm could not install amqplib: {npm.Output}";
    }
}
