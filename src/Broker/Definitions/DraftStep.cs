using Warren.Broker.Definitions.Entries;

namespace Warren.Broker.Definitions;

/// <summary>One entry of a draft that changed something.</summary>
/// <param name="Entry">What was applied.</param>
/// <param name="Index">Its place in the group, whether it will be written there or not.</param>
/// <param name="IsKept">It makes something that survives a restart.</param>
/// <param name="TakenAlong">What went with what it removes.</param>
internal sealed record DraftStep(
    DefinitionsEntry Entry, long Index, bool IsKept, IReadOnlyList<DefinitionKey> TakenAlong);
