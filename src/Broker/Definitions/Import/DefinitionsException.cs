namespace Warren.Broker.Definitions.Import;

/// <summary>
/// A definitions document that cannot be read. The message names the place, what was expected and what is there.
/// </summary>
public sealed class DefinitionsException(string path, string problem) : Exception($"{path} {problem}")
{
    /// <summary>Where in the document, such as <c>users[2].password_hash</c>.</summary>
    public string Path { get; } = path;
}
