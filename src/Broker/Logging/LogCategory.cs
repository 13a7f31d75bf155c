namespace Warren.Broker;

/// <summary>
/// What a log line is about; each category can have a level of its own (<c>log.connection.level</c>).
/// </summary>
public enum LogCategory
{
    Default,
    Connection,
    Channel,
    Queue,
    Upgrade,
}
