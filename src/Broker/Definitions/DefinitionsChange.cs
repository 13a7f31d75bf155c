namespace Warren.Broker.Definitions;

/// <summary>
/// One change of the definitions, or something that must see all changes before it. Applied in the definitions' turn,
/// in the order posted: the same path that a replicated log will take.
/// </summary>
public abstract class DefinitionsChange
{
    /// <summary>
    /// Builds and publishes the next topology. Must not throw: a client's mistake is told to its request.
    /// </summary>
    internal abstract void Apply(DefinitionsStore store);
}
