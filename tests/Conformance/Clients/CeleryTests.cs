using Warren.Conformance.Harness;
using Xunit;

namespace Warren.Conformance.Clients;

/// <summary>Programs with kombu and a Celery worker.</summary>
public sealed class CeleryTests(BrokerFixture fixture)
{
    private static readonly Lazy<bool> Installed = new(
        () => ProgramRun.Succeeds("/usr/bin/python3", "-c", "import kombu, celery"));

    [Theory]
    [InlineData("simple_queue")]
    [InlineData("topics")]
    [InlineData("reject_and_requeue")]
    [InlineData("confirms")]
    [InlineData("celery")]
    public void Kombu(string program)
    {
        Assert.SkipUnless(
            Installed.Value, "kombu and celery for /usr/bin/python3 are not installed (Debian: python3-celery)");
        string script = Repository.Path("tests", "Conformance", "Clients", "celery", "programs.py");
        ProgramRun run = ProgramRun.Start(
            "/usr/bin/python3", [script, program, fixture.Broker.Endpoint.Uri("/")], TimeSpan.FromMinutes(2));
        Assert.True(run.ExitCode == 0, run.Output);
    }
}
