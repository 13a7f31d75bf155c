namespace Warren.Amqp;

/// <summary>Reply codes (AMQP 0-9-1, section 1.2) and their names as they open a reply text.</summary>
public static class ReplyCode
{
#pragma warning disable CS1591 // The names say it all.
    public const ushort Success = 200;
    public const ushort ContentTooLarge = 311;
    public const ushort NoRoute = 312;
    public const ushort NoConsumers = 313;
    public const ushort ConnectionForced = 320;
    public const ushort InvalidPath = 402;
    public const ushort AccessRefused = 403;
    public const ushort NotFound = 404;
    public const ushort ResourceLocked = 405;
    public const ushort PreconditionFailed = 406;
    public const ushort FrameError = 501;
    public const ushort SyntaxError = 502;
    public const ushort CommandInvalid = 503;
    public const ushort ChannelError = 504;
    public const ushort UnexpectedFrame = 505;
    public const ushort ResourceError = 506;
    public const ushort NotAllowed = 530;
    public const ushort NotImplemented = 540;
    public const ushort InternalError = 541;
#pragma warning restore CS1591

    /// <summary>The name in capitals, NOT_FOUND for 404; an unknown code gives UNKNOWN_CODE.</summary>
    public static string Name(ushort replyCode) => replyCode switch
    {
        Success => "REPLY_SUCCESS",
        ContentTooLarge => "CONTENT_TOO_LARGE",
        NoRoute => "NO_ROUTE",
        NoConsumers => "NO_CONSUMERS",
        ConnectionForced => "CONNECTION_FORCED",
        InvalidPath => "INVALID_PATH",
        AccessRefused => "ACCESS_REFUSED",
        NotFound => "NOT_FOUND",
        ResourceLocked => "RESOURCE_LOCKED",
        PreconditionFailed => "PRECONDITION_FAILED",
        FrameError => "FRAME_ERROR",
        SyntaxError => "SYNTAX_ERROR",
        CommandInvalid => "COMMAND_INVALID",
        ChannelError => "CHANNEL_ERROR",
        UnexpectedFrame => "UNEXPECTED_FRAME",
        ResourceError => "RESOURCE_ERROR",
        NotAllowed => "NOT_ALLOWED",
        NotImplemented => "NOT_IMPLEMENTED",
        InternalError => "INTERNAL_ERROR",
        _ => "UNKNOWN_CODE",
    };

    /// <summary>Whether this code ends the whole connection, and not only the channel.</summary>
    public static bool IsConnectionError(ushort replyCode) => replyCode switch
    {
        ConnectionForced or InvalidPath or FrameError or SyntaxError or CommandInvalid or ChannelError
            or UnexpectedFrame or ResourceError or NotAllowed or NotImplemented or InternalError => true,
        _ => false,
    };
}
