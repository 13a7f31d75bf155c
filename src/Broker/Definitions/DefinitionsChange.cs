namespace Warren.Broker.Definitions;

/// <summary>
/// What somebody wants changed, or something that must see all changes before it. Runs in the definitions' turn, in the
/// order posted: it checks, and has the store commit entries, which are what a replicated log will carry.
/// </summary>
public abstract class DefinitionsChange
{
    /// <summary>
    /// Checks and commits. Must not throw: a client's mistake is told to its request.
    /// </summary>
    internal abstract void Apply(DefinitionsStore store);
}
