namespace Warren.Broker;

/// <summary>Where the broker's log lines go. Must not block: it is called from turns.</summary>
public delegate void LogSink(LogLevel level, LogCategory category, string message);
