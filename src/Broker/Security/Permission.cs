namespace Warren.Broker.Security;

/// <summary>One user's rights in one vhost: a resource is allowed when its name matches the pattern.</summary>
/// <param name="Configure">Names that the user may create, delete or alter.</param>
/// <param name="Write">Names that the user may publish to or bind.</param>
/// <param name="Read">Names that the user may consume from or bind to.</param>
public sealed record Permission(NamePattern Configure, NamePattern Write, NamePattern Read)
{
    /// <summary>Everything: what the default user has in the default vhost.</summary>
    public static readonly Permission All = new(NamePattern.Everything, NamePattern.Everything, NamePattern.Everything);

    /// <param name="access">What is to be done.</param>
    /// <param name="name">The resource; the default exchange is asked for as <c>amq.default</c>.</param>
    public bool Allows(Access access, ReadOnlySpan<char> name) => access switch
    {
        Access.Configure => Configure.Matches(name),
        Access.Write => Write.Matches(name),
        _ => Read.Matches(name),
    };
}
