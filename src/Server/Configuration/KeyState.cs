namespace Warren.Server.Configuration;

/// <summary>What Warren does with a key that RabbitMQ knows.</summary>
public enum KeyState
{
    /// <summary>The key works.</summary>
    Built,

    /// <summary>Accepted; a warning says that its feature is not built yet.</summary>
    NotBuiltYet,

    /// <summary>Accepted so that old files start a node; there is nothing here for it to change.</summary>
    NoEffect,
}
