using System.Collections.Immutable;
using Warren.Amqp;

namespace Warren.Broker.Exchanges;

/// <summary>The exchange types by their names on the wire, and the way from a declaration to an exchange.</summary>
public static class ExchangeTypes
{
    public const string Direct = "direct";
    public const string Fanout = "fanout";
    public const string Topic = "topic";
    public const string Headers = "headers";
    public const string ConsistentHash = "x-consistent-hash";
    public const string Random = "x-random";
    public const string DelayedMessage = "x-delayed-message";

    public static ImmutableArray<string> All { get; } =
        [Direct, Fanout, Topic, Headers, ConsistentHash, Random, DelayedMessage];

    public static bool IsKnown(string type) => All.Contains(type);

    /// <summary>Makes an exchange without bindings of a type that <see cref="IsKnown"/>.</summary>
    /// <exception cref="AmqpException">406: an argument that the type needs is missing or wrong.</exception>
    /// <exception cref="ArgumentException">The type is not known.</exception>
    public static Exchange Create(ExchangeDeclaration declaration) => declaration.Type switch
    {
        DelayedMessage => new DelayedMessageExchange(declaration),
        string type => Create(type, declaration),
    };

    /// <summary>
    /// Makes what matches like a type that does not wrap another, for a declaration that may name another type.
    /// </summary>
    internal static Exchange Create(string type, ExchangeDeclaration declaration) => type switch
    {
        Direct => new DirectExchange(declaration),
        Fanout => new FanoutExchange(declaration),
        Topic => new TopicExchange(declaration),
        Headers => new HeadersExchange(declaration),
        ConsistentHash => new ConsistentHashExchange(declaration),
        Random => new RandomExchange(declaration),
        _ => throw new ArgumentException($"There is no exchange type '{type}'.", nameof(type)),
    };
}
