using Warren.Broker;

namespace Warren.Server.Logging;

/// <summary>A line on its way to the outputs.</summary>
internal readonly record struct LogLine(DateTimeOffset Time, LogLevel Level, LogCategory Category, string Message);
