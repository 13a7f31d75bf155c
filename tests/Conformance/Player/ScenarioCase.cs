namespace Warren.Conformance.Player;

/// <summary>A case of a scenario: its id, what it is about, and its steps, blocks already unrolled.</summary>
public sealed record ScenarioCase(string Id, string Title, IReadOnlyList<string> Steps);
