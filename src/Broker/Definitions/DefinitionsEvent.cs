namespace Warren.Broker.Definitions;

/// <summary>Something that happened to the definitions' group or to other nodes, on its way to the turn.</summary>
internal abstract class DefinitionsEvent : DefinitionsChange;
