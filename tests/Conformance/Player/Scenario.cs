namespace Warren.Conformance.Player;

/// <summary>A scenario file: the fixtures it asks for and its cases in order.</summary>
/// <param name="Name">The path below Scenarios without extension, as in queues/declare.</param>
/// <param name="Fixtures">Lines after the word fixture.</param>
/// <param name="Kept">Connections that stay open from case to case.</param>
/// <param name="Cases">What is played, one after the other, against the same virtual host.</param>
public sealed record Scenario(
    string Name, IReadOnlyList<string> Fixtures, IReadOnlySet<string> Kept, IReadOnlyList<ScenarioCase> Cases)
{
    /// <summary>The virtual host that the scenario has for itself.</summary>
    public string VirtualHost => $"scenario:{Name}:";
}
