namespace Warren.Broker.Definitions;

/// <summary>
/// What somebody wants changed, or something that must see all changes before it. Runs in the definitions' turn, in the
/// order posted: it checks, and has the store commit entries, which are what the replicated log carries. If another
/// node has changed the same meanwhile, it runs again, as if it had not: whatever it does beside is done by what it
/// hands to the store to be run once its entries are applied.
/// </summary>
public abstract class DefinitionsChange
{
    /// <summary>
    /// Checks and commits. Must not throw: a client's mistake is told to its request.
    /// </summary>
    internal abstract void Apply(DefinitionsStore store);

    /// <summary>What must still be done once it can, although nobody waits for it; null: nothing.</summary>
    internal virtual DefinitionsChange? Remainder => null;

    /// <summary>
    /// It cannot be made now, and may or may not have been: the node reaches no majority. Whoever waits is told so.
    /// </summary>
    internal virtual void Fail(string reason)
    {
    }
}
