using Warren.Conformance.Harness;
using Xunit;

namespace Warren.Conformance.Clients;

/// <summary>Programs with pika for Python.</summary>
public sealed class PikaTests(BrokerFixture fixture)
{
    private static readonly Lazy<bool> Installed = new(
        () => ProgramRun.Succeeds("/usr/bin/python3", "-c", "import pika"));

    [Theory]
    [InlineData("work_queue")]
    [InlineData("publish_subscribe")]
    [InlineData("topics")]
    [InlineData("rpc")]
    [InlineData("confirms")]
    [InlineData("transactions")]
    [InlineData("retry")]
    [InlineData("priorities")]
    [InlineData("headers")]
    [InlineData("large")]
    [InlineData("channels")]
    [InlineData("channel_error")]
    [InlineData("cancel_notify")]
    [InlineData("heartbeats")]
    [InlineData("single_active_consumer")]
    [InlineData("threads")]
    public void Pika(string program)
    {
        Assert.SkipUnless(Installed.Value, "pika for /usr/bin/python3 is not installed (Debian: python3-pika)");
        string script = Repository.Path("tests", "Conformance", "Clients", "pika", "programs.py");
        ProgramRun run = ProgramRun.Start(
            "/usr/bin/python3", [script, program, fixture.Broker.Endpoint.Uri()], TimeSpan.FromMinutes(1));
        Assert.True(run.ExitCode == 0, run.Output);
    }
}
