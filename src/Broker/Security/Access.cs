namespace Warren.Broker.Security;

/// <summary>What somebody wants to do with a resource.</summary>
public enum Access
{
    /// <summary>Create, delete or alter it.</summary>
    Configure,

    /// <summary>Put messages in: publish, or bind a queue.</summary>
    Write,

    /// <summary>Take messages out: consume, get, purge, or bind to an exchange.</summary>
    Read,
}
