using System.Collections.Immutable;
using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>Where log lines go, and from which level on.</summary>
public sealed record LogOptions
{
    /// <summary><c>log.console</c>; also on when <c>RABBITMQ_LOGS</c> is <c>-</c>.</summary>
    public bool Console { get; init; }

    /// <summary><c>log.console.level</c>.</summary>
    public LogLevel ConsoleLevel { get; init; } = LogLevel.Info;

    /// <summary><c>log.console.stdio = stderr</c>.</summary>
    public bool ConsoleIsStandardError { get; init; }

    /// <summary>The log file's full path; null when no file is written.</summary>
    public string? FilePath { get; init; }

    /// <summary><c>log.file.level</c>.</summary>
    public LogLevel FileLevel { get; init; } = LogLevel.Info;

    /// <summary><c>log.CATEGORY.level</c>; a category that is missing has no limit besides its outputs'.</summary>
    public ImmutableDictionary<LogCategory, LogLevel> CategoryLevels { get; init; } =
        ImmutableDictionary<LogCategory, LogLevel>.Empty;
}
