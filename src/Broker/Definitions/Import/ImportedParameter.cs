namespace Warren.Broker.Definitions.Import;

/// <summary>A parameter of a definitions document, kept for the feature that it belongs to.</summary>
/// <param name="Vhost">Null for a global parameter.</param>
/// <param name="Component">Null for a global parameter.</param>
/// <param name="Name">The parameter.</param>
/// <param name="ValueJson">Its value as it stands in the document.</param>
public sealed record ImportedParameter(string? Vhost, string? Component, string Name, string ValueJson)
{
    internal static ImportedParameter Read(ImportNode node) => new(
        node.Member("vhost").Name(), node.Member("component").Text(), node.Member("name").Name(), Json(node));

    internal static ImportedParameter ReadGlobal(ImportNode node) =>
        new(null, null, node.Member("name").Name(), Json(node));

    private static string Json(ImportNode node)
    {
        ImportNode value = node.Member("value");
        return value.Element.ValueKind == System.Text.Json.JsonValueKind.Undefined
            ? throw value.Wrong("is missing")
            : value.Element.GetRawText();
    }
}
