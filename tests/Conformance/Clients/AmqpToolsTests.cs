using Warren.Conformance.Harness;
using Xunit;

namespace Warren.Conformance.Clients;

/// <summary>The command line tools of the C client library.</summary>
public sealed class AmqpToolsTests(BrokerFixture fixture)
{
    private static readonly Lazy<bool> Installed = new(
        () => ProgramRun.Succeeds("/bin/sh", "-c", "command -v amqp-publish"));
    private readonly string _queue = $"amqp-tools-{Environment.ProcessId}";

    [Fact]
    public void Declare_publish_get_consume_and_delete()
    {
        Assert.SkipUnless(Installed.Value, "amqp-publish is not installed (Debian: amqp-tools)");
        Assert.Equal(_queue, Tool("amqp-declare-queue", "-q", _queue, "-d").Trim());
        Tool("amqp-publish", "-r", _queue, "-p", "-b", "first");
        Tool("amqp-publish", "-r", _queue, "-C", "text/plain", "-b", "second");
        Assert.Equal("first", Tool("amqp-get", "-q", _queue));
        Assert.Equal("second", Tool("amqp-consume", "-q", _queue, "-c", "1", "cat"));
        ProgramRun empty = Run("amqp-get", "-q", _queue);
        Assert.NotEqual(0, empty.ExitCode);
        Assert.Equal("0", Tool("amqp-delete-queue", "-q", _queue).Trim());
    }

    [Fact]
    public void A_consumer_on_an_exchange_makes_a_queue_of_its_own()
    {
        Assert.SkipUnless(Installed.Value, "amqp-publish is not installed (Debian: amqp-tools)");
        string publish = $"amqp-publish --url={fixture.Broker.Endpoint.Uri()}";
        string consume = $"amqp-consume --url={fixture.Broker.Endpoint.Uri()}";
        string script = $"""
            {consume} -e amq.topic -r '{_queue}.#' -c 2 cat > "$1/out" 2> "$1/err" & consumer=$!
            for try in $(seq 200); do
              {publish} -e amq.topic -r {_queue}.a.b -b 'line;' || exit 1
              kill -0 $consumer 2> /dev/null || break
              sleep 0.05
            done
            wait $consumer && cat "$1/out"
            """;
        string directory = Directory.CreateTempSubdirectory("amqp-tools").FullName;
        ProgramRun run = ProgramRun.Start("/bin/sh", ["-c", script, "sh", directory], TimeSpan.FromSeconds(40));
        Directory.Delete(directory, recursive: true);
        Assert.Equal((0, "line;line;"), (run.ExitCode, run.Output.Trim()));
    }

    [Fact]
    public void Errors_are_told_with_the_text_of_the_broker()
    {
        Assert.SkipUnless(Installed.Value, "amqp-publish is not installed (Debian: amqp-tools)");
        ProgramRun run = Run("amqp-consume", "-q", "no-such-queue", "-p", "1", "cat");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("NOT_FOUND - no queue 'no-such-queue' in vhost '/'", run.Output, StringComparison.Ordinal);
    }

    private string Tool(string tool, params string[] arguments)
    {
        ProgramRun run = Run(tool, arguments);
        Assert.True(run.ExitCode == 0, run.Output);
        return run.Output.TrimEnd('\n');
    }

    private ProgramRun Run(string tool, params string[] arguments) =>
        ProgramRun.Start(tool, [$"--url={fixture.Broker.Endpoint.Uri()}", .. arguments], TimeSpan.FromSeconds(20));
}
