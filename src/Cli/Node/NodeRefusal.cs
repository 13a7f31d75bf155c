namespace Warren.Cli.Node;

/// <summary>The node's no.</summary>
/// <param name="Kind">Which no it is.</param>
/// <param name="Text">The reason, in RabbitMQ's words where it has some.</param>
internal sealed record NodeRefusal(RefusalKind Kind, string Text)
{
    public static NodeRefusal Of(string kind, string text) => new(
        kind switch
        {
            "not_found" => RefusalKind.NotFound,
            "no_such_user" => RefusalKind.NoSuchUser,
            "no_such_vhost" => RefusalKind.NoSuchVhost,
            "already_exists" => RefusalKind.AlreadyExists,
            "invalid_argument" => RefusalKind.InvalidArgument,
            "app_stopped" => RefusalKind.AppStopped,
            "app_running" => RefusalKind.AppRunning,
            "not_built" => RefusalKind.NotBuilt,
            "timed_out" => RefusalKind.TimedOut,
            _ => RefusalKind.Other,
        },
        text);
}
