using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>The log has made entries durable: whoever waits for them is answered.</summary>
internal sealed class EntriesDurable(Lsn lsn) : DefinitionsEvent
{
    internal override void Apply(DefinitionsStore store) => store.Durable(lsn);
}
