using System.Collections.Immutable;
using System.Text;
using Warren.Broker;
using Warren.Server.Configuration;
using Warren.Server.Logging;
using Xunit;

namespace Warren.Server.Tests.Logging;

public sealed class NodeLogTests : IDisposable
{
    private static readonly LogOptions OnConsole = new() { Console = true };

    private readonly string _directory = Directory.CreateTempSubdirectory("warren-log-").FullName;
    private readonly StringWriter _console = new();
    private readonly FixedClock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_line_has_RabbitMQs_form()
    {
        Log(OnConsole, log => log.Write(LogLevel.Info, LogCategory.Connection, "accepted\r\nfrom there\n"));
        var head = $"2026-11-24 10:00:00.123456+02:00 [info] <0.{Environment.ProcessId}.0> ";
        Assert.Equal($"{head}accepted\n{head}from there\n", _console.ToString());
    }

    [Fact]
    public void Each_output_has_its_level_and_each_category_too()
    {
        var path = Path.Combine(_directory, "sub", "node.log");
        var options = new LogOptions
        {
            Console = true,
            ConsoleLevel = LogLevel.Error,
            FilePath = path,
            FileLevel = LogLevel.Debug,
            CategoryLevels = ImmutableDictionary<LogCategory, LogLevel>.Empty.Add(LogCategory.Queue, LogLevel.Warning),
        };
        Log(options, log =>
        {
            log.Write(LogLevel.Debug, LogCategory.Default, "one");
            log.Write(LogLevel.Error, LogCategory.Default, "two");
            log.Write(LogLevel.Info, LogCategory.Queue, "three");
            log.Write(LogLevel.Warning, LogCategory.Queue, "four");
        });
        Assert.Equal(["two"], Messages(_console.ToString()));
        Assert.Equal(["one", "two", "four"], Messages(File.ReadAllText(path)));
    }

    [Fact]
    public void A_level_that_is_off_evaluates_and_allocates_nothing()
    {
        Log(OnConsole, log =>
        {
            var evaluated = 0;
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
                log.Write(LogLevel.Debug, LogCategory.Default, $"number {evaluated++}");
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(0, evaluated);
            log.Write(LogLevel.Info, LogCategory.Default, $"number {++evaluated:000}");
        });
        Assert.Equal(["number 001"], Messages(_console.ToString()));
    }

    [Fact]
    public void A_full_queue_drops_lines_and_says_how_many()
    {
        using var stuck = new StuckWriter();
        using (var log = NodeLog.Start(OnConsole, _clock, stuck))
        {
            log.Write(LogLevel.Info, LogCategory.Default, "first");
            stuck.Reached.Wait(TestContext.Current.CancellationToken);
            for (var i = 0; i < NodeLog.Capacity + 5; i++)
                log.Write(LogLevel.Info, LogCategory.Default, "waiting");
            Assert.Equal(5, log.DroppedLines);
            stuck.Release.Set();
        }

        var messages = Messages(stuck.Text.ToString());
        Assert.Equal(1 + NodeLog.Capacity + 1, messages.Length);
        Assert.Equal("5 log lines were dropped: the log could not keep up", messages[^1]);
    }

    [Fact]
    public void A_file_that_was_moved_away_is_made_anew_on_reopen()
    {
        var path = Path.Combine(_directory, "node.log");
        var options = new LogOptions { FilePath = path };
        Log(options, log => log.Write(LogLevel.Info, LogCategory.Default, "before"));
        Log(options, log =>
        {
            File.Move(path, path + ".1");
            log.Reopen();
            log.Write(LogLevel.Info, LogCategory.Default, "after");
        });
        Assert.Equal(["before"], Messages(File.ReadAllText(path + ".1")));
        Assert.Equal(["after"], Messages(File.ReadAllText(path)));
    }

    [Fact]
    public void A_file_that_cannot_be_opened_stops_the_start()
    {
        var options = new LogOptions { FilePath = _directory };
        var error = Assert.Throws<ConfigurationException>(() => NodeLog.Start(options, _clock, _console));
        Assert.Contains($"the log file {_directory} cannot be opened", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_is_a_sink_for_the_broker()
    {
        Log(OnConsole, log =>
        {
            LogSink sink = log.Write;
            sink(LogLevel.Warning, LogCategory.Channel, "from the broker");
        });
        Assert.Equal(["from the broker"], Messages(_console.ToString()));
    }

    private static string[] Messages(string text) =>
    [
        .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[(line.IndexOf(".0> ", StringComparison.Ordinal) + 4)..]),
    ];

    private void Log(LogOptions options, Action<NodeLog> use)
    {
        using var log = NodeLog.Start(options, _clock, _console);
        use(log);
    }

    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } =
            TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(2), "test", "test");

        public override DateTimeOffset GetUtcNow() =>
            new DateTimeOffset(2026, 11, 24, 8, 0, 0, TimeSpan.Zero).AddTicks(1_234_567);
    }

    /// <summary>Holds the writer thread in its first write until released.</summary>
    private sealed class StuckWriter : StringWriter
    {
        public ManualResetEventSlim Reached { get; } = new();

        public ManualResetEventSlim Release { get; } = new();

        public StringBuilder Text => GetStringBuilder();

        public override void Write(StringBuilder? value)
        {
            Reached.Set();
            Release.Wait();
            base.Write(value);
        }
    }
}
