namespace Warren.Broker.Definitions;

/// <summary>A node by itself begins to serve.</summary>
internal sealed class BeginService : DefinitionsChange
{
    internal override void Apply(DefinitionsStore store)
    {
        store.BeginSession();
        new Bootstrap().Apply(store);
    }
}
