using Warren.Broker.Queues;

namespace Warren.Broker.Arguments;

/// <summary>Queue types in words: as arguments and configuration spell them, and as RabbitMQ's texts do.</summary>
public static class QueueTypes
{
    /// <summary>The argument that chooses the type.</summary>
    public const string Argument = "x-queue-type";

    public static bool TryParse(string name, out QueueType type)
    {
        type = name switch
        {
            "quorum" => QueueType.Quorum,
            "stream" => QueueType.Stream,
            _ => QueueType.Classic,
        };
        return name == NameOf(type);
    }

    /// <summary>classic, quorum or stream.</summary>
    public static string NameOf(QueueType type) => type switch
    {
        QueueType.Quorum => "quorum",
        QueueType.Stream => "stream",
        _ => "classic",
    };

    /// <summary><c>rabbit_quorum_queue</c>: what error texts call it.</summary>
    public static string ModuleOf(QueueType type) => $"rabbit_{NameOf(type)}_queue";

    /// <summary>Whether a queue of this type may be declared with these properties.</summary>
    public static bool IsCompatible(QueueType type, bool durable, bool exclusive, bool autoDelete) =>
        type == QueueType.Classic || (durable && !exclusive && !autoDelete);

    internal static QueueTypeSet SetOf(QueueType type) => type switch
    {
        QueueType.Quorum => QueueTypeSet.Quorum,
        QueueType.Stream => QueueTypeSet.Stream,
        _ => QueueTypeSet.Classic,
    };
}
