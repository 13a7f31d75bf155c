using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Import;

/// <summary>A permission of a definitions document.</summary>
/// <param name="User">Whose.</param>
/// <param name="Vhost">Where.</param>
/// <param name="Permission">The compiled patterns.</param>
public sealed record ImportedPermission(string User, string Vhost, Permission Permission)
{
    internal static ImportedPermission Read(ImportNode node) => new(
        node.Member("user").Name(),
        node.Member("vhost").Name(),
        new Permission(
            Compile(node.Member("configure")), Compile(node.Member("write")), Compile(node.Member("read"))));

    private static NamePattern Compile(ImportNode node) =>
        NamePattern.TryCompile(node.Text(), out NamePattern? pattern, out string? error)
            ? pattern
            : throw node.Wrong($"is no usable pattern: {error}");
}
