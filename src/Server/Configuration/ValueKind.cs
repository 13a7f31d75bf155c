namespace Warren.Server.Configuration;

/// <summary>The forms a value can have; the words of the key table's type column.</summary>
public enum ValueKind
{
    Bool,
    Flag,
    Int,
    Float,
    String,
    Secret,
    File,
    Level,
    Listener,
    Network,
    Size,
    ByteSize,
    Duration,
    Enum,
}
