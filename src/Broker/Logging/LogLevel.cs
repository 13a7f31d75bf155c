namespace Warren.Broker;

/// <summary>Severity of a log line, lowest first; the names are those of <c>rabbitmq.conf</c>.</summary>
public enum LogLevel
{
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    None,
}
