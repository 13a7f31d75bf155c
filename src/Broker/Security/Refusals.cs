using Warren.Amqp;

namespace Warren.Broker.Security;

/// <summary>What a user is told who may not, in RabbitMQ 3.13's words.</summary>
public static class Refusals
{
    /// <summary>What the exchange without a name is called when rights are checked.</summary>
    public const string DefaultExchange = "amq.default";

    /// <summary>403, closes the channel.</summary>
    public static AmqpException Resource(
        Access access, ResourceKind kind, string name, string vhost, string username) =>
        new(ReplyCode.AccessRefused,
            $"{Name(access)} access to {Name(kind)} '{name}' in vhost '{vhost}' refused for user '{username}'");

    /// <summary>403, closes the channel.</summary>
    public static AmqpException Topic(
        Access access, string routingKey, string exchange, string vhost, string username) =>
        new(ReplyCode.AccessRefused,
            $"{Name(access)} access to topic '{routingKey}' in exchange '{exchange}' in vhost '{vhost}' "
            + $"refused for user '{username}'");

    /// <summary>530 at connection.open: the vhost exists, the user has no permission in it.</summary>
    public static AmqpException Vhost(string vhost, string username) =>
        new(ReplyCode.NotAllowed, $"access to vhost '{vhost}' refused for user '{username}'");

    /// <summary>530 at connection.open.</summary>
    public static AmqpException NoVhost(string vhost) =>
        new(ReplyCode.NotAllowed, $"vhost {vhost} not found");

    /// <summary>530 at connection.open: the vhost's max-connections.</summary>
    public static AmqpException VhostConnectionLimit(string vhost, string username, long limit) =>
        new(ReplyCode.NotAllowed,
            $"access to vhost '{vhost}' refused for user '{username}': connection limit ({limit}) is reached");

    /// <summary>530 at connection.open: the user's max-connections.</summary>
    public static AmqpException UserConnectionLimit(string username, long limit) =>
        new(ReplyCode.NotAllowed,
            $"connection refused for user '{username}': user connection limit ({limit}) is reached");

    /// <summary>530 at connection.open: <c>connection_max</c>.</summary>
    public static AmqpException NodeConnectionLimit(long limit) =>
        new(ReplyCode.NotAllowed, $"connection refused: node connection limit ({limit}) is reached");

    /// <summary>530 at channel.open: the user's max-channels. Ends the connection.</summary>
    public static AmqpException UserChannelLimit(string username, long limit) =>
        new(ReplyCode.NotAllowed,
            $"number of channels opened for user '{username}' has reached the maximum allowed user limit of ({limit})")
        { IsNobodysMethod = true };

    /// <summary>530 at channel.open: <c>channel_max_per_node</c>. Ends the connection.</summary>
    public static AmqpException NodeChannelLimit(string node, long limit) =>
        new(ReplyCode.NotAllowed,
            $"number of channels opened on node '{node}' has reached the maximum allowed limit of ({limit})")
        { IsNobodysMethod = true };

    /// <summary>406 at queue.declare: the vhost's max-queues.</summary>
    public static AmqpException QueueLimit(string queue, string vhost, long limit) =>
        new(ReplyCode.PreconditionFailed,
            $"cannot declare queue '{queue}': queue limit in vhost '{vhost}' ({limit}) is reached");

    /// <summary>
    /// Another node may know better: something is missing here that is there by now, or locked by somebody who is gone.
    /// Whoever is to be told so waits for a barrier first.
    /// </summary>
    public static bool MayBeOutOfDate(AmqpException error) =>
        error.ReplyCode is ReplyCode.NotFound or ReplyCode.ResourceLocked;

    /// <summary>541: the node cannot change definitions, or tell what they are.</summary>
    public static AmqpException NotNow(string reason) => new(ReplyCode.InternalError, NotNowText(reason));

    public static string NotNowText(string reason) => $"definitions cannot be changed now: {reason}";

    private static string Name(Access access) => access switch
    {
        Access.Configure => "configure",
        Access.Write => "write",
        _ => "read",
    };

    private static string Name(ResourceKind kind) => kind == ResourceKind.Queue ? "queue" : "exchange";
}
