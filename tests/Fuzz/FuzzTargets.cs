using Warren.Fuzz.Targets;

namespace Warren.Fuzz;

/// <summary>All targets, by name.</summary>
public static class FuzzTargets
{
    /// <summary>The targets.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FramesTarget(),
        new TablesTarget(),
        new PropertiesTarget(),
        new MethodsTarget(),
        new ConnectionTarget(),
        new PeerHandshakeTarget(),
        new PeerFramesTarget(),
        new PeerUsersTarget(),
    ];

    /// <summary>The target of that name, or null.</summary>
    public static FuzzTarget? Find(string name) => All.FirstOrDefault(target => target.Name == name);
}
