using Warren.Amqp;

namespace Warren.Broker.Connections;

/// <summary>What a client said of itself in start-ok.</summary>
internal sealed record ClientCapabilities
{
    public static ClientCapabilities None { get; } = new() { Properties = FieldTable.Empty };

    public required FieldTable Properties { get; init; }

    /// <summary><c>authentication_failure_close</c>: it understands connection.close before it is logged in.</summary>
    public bool UnderstandsRefusal { get; init; }

    /// <summary><c>consumer_cancel_notify</c>.</summary>
    public bool WantsCancel { get; init; }

    /// <summary><c>connection.blocked</c>.</summary>
    public bool WantsBlocked { get; init; }

    public static ClientCapabilities Read(FieldTable properties)
    {
        FieldTable? capabilities =
            properties.TryGetValue("capabilities", out FieldValue value) && value.Kind == FieldKind.Table
            ? value.AsTable()
            : null;
        bool Has(string name) =>
            capabilities is not null && capabilities.TryGetValue(name, out FieldValue flag) && flag.IsTrue;
        return new ClientCapabilities
        {
            Properties = properties,
            UnderstandsRefusal = Has("authentication_failure_close"),
            WantsCancel = Has("consumer_cancel_notify"),
            WantsBlocked = Has("connection.blocked"),
        };
    }
}
