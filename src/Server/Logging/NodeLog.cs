using System.Runtime.CompilerServices;
using System.Text;
using Warren.Broker;
using Warren.Server.Configuration;

namespace Warren.Server.Logging;

/// <summary>
/// The node's log. Callers from any thread leave a line in a bounded queue and go on at once; one thread of the log's
/// own
/// formats and writes what waits, a batch at a time. When the queue is full lines are dropped and counted, and the
/// count
/// is told in the log itself as soon as there is room: a slow disk costs lines, never a turn.
/// Invariants: lines come out in the order in which they were left; what was left before <see cref="Dispose"/> is
/// written.
/// </summary>
public sealed class NodeLog : IDisposable
{
    /// <summary>
    /// Lines that may wait: at 100 bytes each not a megabyte, and a burst of every connection's closing fits.
    /// </summary>
    public const int Capacity = 8192;

    private LogOptions _options;
    private readonly TimeProvider _time;
    private readonly TextWriter _console;
    private readonly LogFile? _file;
    private readonly LineFormat _format = new(Environment.ProcessId);
    private LogLevel[] _thresholds;
    private readonly Thread _writer;

    // Guarded by _gate: the queue, what was dropped since the last batch, and the wish to stop.
    private readonly object _gate = new();
    private Queue<LogLine> _waiting = new(Capacity);
    private int _droppedSinceBatch;
    private long _dropped;
    private bool _isStopping;

    private NodeLog(LogOptions options, TimeProvider time, TextWriter console, LogFile? file)
    {
        _options = options;
        _time = time;
        _console = console;
        _file = file;
        _thresholds = [.. Enum.GetValues<LogCategory>().Select(Threshold)];
        _writer = new Thread(WriteBatches) { IsBackground = true, Name = "log" };
    }

    /// <summary>Lines dropped because the queue was full or the file could not be written.</summary>
    public long DroppedLines
    {
        get
        {
            lock (_gate)
                return _dropped + (_file?.LostLines ?? 0);
        }
    }

    /// <summary>Opens the outputs and starts the writer thread.</summary>
    /// <param name="options">Outputs and levels.</param>
    /// <param name="time">The clock of the lines' times.</param>
    /// <param name="console">Standard output or standard error, as the options say; not closed by the log.</param>
    /// <exception cref="ConfigurationException">The log file cannot be opened.</exception>
    public static NodeLog Start(LogOptions options, TimeProvider time, TextWriter console)
    {
        LogFile? file = null;
        try
        {
            if (options.FilePath is { } path)
            {
                file = new LogFile(path);
                file.Open();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"the log file {options.FilePath} cannot be opened: {e.Message}");
        }

        var log = new NodeLog(options, time, console, file);
        log._writer.Start();
        return log;
    }

    /// <summary>True when a line of this level and category would reach an output.</summary>
    public bool IsOn(LogLevel level, LogCategory category) => level >= _thresholds[(int)category];

    /// <summary>Leaves a line; has the form of <see cref="LogSink"/>.</summary>
    public void Write(LogLevel level, LogCategory category, string message)
    {
        if (!IsOn(level, category))
            return;
        var line = new LogLine(_time.GetLocalNow(), level, category, message);
        lock (_gate)
        {
            if (_waiting.Count >= Capacity || _isStopping)
            {
                _dropped++;
                _droppedSinceBatch++;
                return;
            }

            _waiting.Enqueue(line);
            if (_waiting.Count == 1)
                Monitor.Pulse(_gate);
        }
    }

    /// <summary>Leaves a line whose text is built only when it will be written.</summary>
    public void Write(
        LogLevel level,
        LogCategory category,
        [InterpolatedStringHandlerArgument("", nameof(level), nameof(category))] LogMessage message)
    {
        if (message.IsOn)
            Write(level, category, message.ToStringAndClear());
    }

    /// <summary>
    /// From now on lines of this level and above are written, of every category, until the process ends.
    /// </summary>
    public void SetLevel(LogLevel level)
    {
        _options = _options with
        {
            ConsoleLevel = level,
            FileLevel = level,
            CategoryLevels = System.Collections.Immutable.ImmutableDictionary<LogCategory, LogLevel>.Empty,
        };
        _thresholds = [.. Enum.GetValues<LogCategory>().Select(Threshold)];
    }

    /// <summary>Opens the log file anew before the next line; what log rotation asks for (SIGHUP).</summary>
    public void Reopen() => _file?.RequestReopen();

    /// <summary>Writes what waits, then stops.</summary>
    public void Dispose() => End(Timeout.InfiniteTimeSpan);

    /// <summary>As <see cref="Dispose"/>, but leaves the writer alone with it after a time.</summary>
    public void End(TimeSpan patience)
    {
        lock (_gate)
        {
            if (_isStopping)
                return;
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        if (_writer.Join(patience))
            _file?.Dispose();
    }

    private LogLevel Threshold(LogCategory category)
    {
        var lowest = LogLevel.None;
        if (_options.Console)
            lowest = _options.ConsoleLevel;
        if (_options.FilePath is not null && _options.FileLevel < lowest)
            lowest = _options.FileLevel;
        var own = _options.CategoryLevels.GetValueOrDefault(category, LogLevel.Debug);
        return own > lowest ? own : lowest;
    }

    private void WriteBatches()
    {
        var batch = new Queue<LogLine>(Capacity);
        while (true)
        {
            int dropped;
            bool isLast;
            lock (_gate)
            {
                while (_waiting.Count == 0 && !_isStopping)
                    Monitor.Wait(_gate);
                (_waiting, batch) = (batch, _waiting);
                dropped = _droppedSinceBatch;
                _droppedSinceBatch = 0;
                isLast = _isStopping;
            }

            if (dropped > 0)
            {
                var message = $"{dropped} log lines were dropped: the log could not keep up";
                batch.Enqueue(new LogLine(_time.GetLocalNow(), LogLevel.Warning, LogCategory.Default, message));
            }

            WriteBatch(batch);
            batch.Clear();
            if (isLast)
                return;
        }
    }

    private void WriteBatch(Queue<LogLine> batch)
    {
        if (_options.Console)
        {
            var (text, _) = Format(batch, _options.ConsoleLevel);
            WriteConsole(text);
        }

        if (_file is not null)
        {
            var (text, lines) = Format(batch, _options.FileLevel);
            if (lines > 0)
                _file.Write(text, lines);
        }
    }

    private void WriteConsole(StringBuilder text)
    {
        try
        {
            _console.Write(text);
            _console.Flush();
        }
        catch (IOException)
        {
            // Whoever read standard output has gone; the file, if there is one, still has the lines.
        }
    }

    private (StringBuilder Text, int Lines) Format(Queue<LogLine> batch, LogLevel level)
    {
        var text = new StringBuilder();
        var lines = 0;
        foreach (var line in batch)
        {
            if (line.Level < level)
                continue;
            _format.Append(text, line);
            lines++;
        }

        return (text, lines);
    }
}
