namespace Warren.Server.Control;

/// <summary>
/// Why the node does not do what it was asked; the caller decides on words and exit code by the kind.
/// </summary>
public sealed class ControlRefusalException(string kind, string text) : Exception(text)
{
    public const string NotFoundKind = "not_found";
    public const string NoSuchUserKind = "no_such_user";
    public const string NoSuchVhostKind = "no_such_vhost";
    public const string AlreadyExistsKind = "already_exists";
    public const string InvalidArgumentKind = "invalid_argument";
    public const string AppStoppedKind = "app_stopped";
    public const string AppRunningKind = "app_running";
    public const string NotBuiltKind = "not_built";
    public const string TimedOutKind = "timed_out";
    public const string OtherKind = "other";

    public string Kind { get; } = kind;

    public static ControlRefusalException NotBuilt(string what) => new(NotBuiltKind, $"{what} is not built yet");

    public static ControlRefusalException Because(string reason) => new(OtherKind, reason);
}
