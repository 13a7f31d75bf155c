using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>The log has copied entries: they are read from their new places from now on.</summary>
internal sealed class EntriesMoved(MovedEntries moves) : DefinitionsEvent
{
    internal override void Apply(DefinitionsStore store) => store.Moved(moves);
}
