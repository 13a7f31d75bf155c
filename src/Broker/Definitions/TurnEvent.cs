namespace Warren.Broker.Definitions;

/// <summary>Something to be done in the definitions' turn.</summary>
internal sealed class TurnEvent(Action act) : DefinitionsEvent
{
    internal override void Apply(DefinitionsStore store) => act();
}
