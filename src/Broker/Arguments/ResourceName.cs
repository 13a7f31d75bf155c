using System.Text;
using Warren.Amqp;
using Warren.Broker.Security;

namespace Warren.Broker.Arguments;

/// <summary>Rules for the names of queues and exchanges, and how RabbitMQ's texts call a resource.</summary>
public static class ResourceName
{
    /// <summary>A short string's limit (AMQP 0-9-1, section 4.2.5.3).</summary>
    public const int LimitBytes = 255;

    private const string ReservedPrefix = "amq.";

    /// <summary><c>queue 'q' in vhost '/'</c></summary>
    public static string Describe(ResourceKind kind, string name, string vhost) =>
        $"{Word(kind)} '{name}' in vhost '{vhost}'";

    /// <summary>The name that a declaration means: line breaks are dropped, nothing else is looked at.</summary>
    public static string WithoutLineBreaks(string name) =>
        name.AsSpan().IndexOfAny('\r', '\n') < 0
            ? name
            : name.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);

    /// <summary>Whether the name is the broker's own to give.</summary>
    public static bool IsReserved(string name) => name.StartsWith(ReservedPrefix, StringComparison.Ordinal);

    /// <summary>
    /// Refuses a new resource with a reserved name; existing ones and passive declarations are not asked.
    /// </summary>
    /// <exception cref="AmqpException">403.</exception>
    public static void CheckNew(ResourceKind kind, string name)
    {
        if (IsReserved(name))
        {
            throw new AmqpException(
                ReplyCode.AccessRefused, $"{Word(kind)} name '{name}' contains reserved prefix 'amq.*'");
        }
    }

    /// <summary>Refuses what may not be done with the default exchange: declare, delete, bind.</summary>
    /// <exception cref="AmqpException">403.</exception>
    public static void CheckNotDefaultExchange(string exchange)
    {
        if (exchange.Length == 0)
            throw new AmqpException(ReplyCode.AccessRefused, "operation not permitted on the default exchange");
    }

    /// <summary>Refuses to delete one of the broker's own exchanges.</summary>
    /// <exception cref="AmqpException">403.</exception>
    public static void CheckExchangeDeletion(string exchange, string vhost)
    {
        CheckNotDefaultExchange(exchange);
        if (IsReserved(exchange))
        {
            throw new AmqpException(
                ReplyCode.AccessRefused,
                $"deletion of system {Describe(ResourceKind.Exchange, exchange, vhost)} not allowed");
        }
    }

    /// <summary>Whether a name that did not come by AMQP fits into a short string.</summary>
    public static bool Fits(string name) => Encoding.UTF8.GetByteCount(name) <= LimitBytes;

    private static string Word(ResourceKind kind) => kind == ResourceKind.Queue ? "queue" : "exchange";
}
