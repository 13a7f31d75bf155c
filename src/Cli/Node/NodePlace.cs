namespace Warren.Cli.Node;

/// <summary>
/// A node's name and where its control socket may lie. The places are those of the node itself: what
/// <c>RABBITMQ_MNESIA_BASE</c> or <c>rabbitmq-env.conf</c> say, else the default of the tree that this program lies in;
/// in a checkout also the data of <c>./build.sh run</c>.
/// </summary>
/// <param name="NodeName"><c>NAME@HOST</c>.</param>
/// <param name="Sockets">Where its socket may lie, the likeliest first.</param>
internal sealed record NodePlace(string NodeName, IReadOnlyList<string> Sockets)
{
    /// <summary>Where it is reached over the network; null: it is a node of this machine.</summary>
    public RemotePlace? Remote { get; init; }

    /// <summary>Somebody has said the name: a node that calls itself otherwise is not meant.</summary>
    public bool IsNamed { get; init; }

    /// <summary>What the node reads at its start, for commands that do without it.</summary>
    public string EnabledPluginsFile { get; init; } = "";

    /// <summary>Where its data may lie, the likeliest first, for commands that do without the node.</summary>
    public IReadOnlyList<string> DataDirectories { get; init; } = [];

    /// <summary>The ending of a control socket's name, behind the node's name.</summary>
    public const string SocketEnding = ".control";

    private const string PackagedConfiguration = "/etc/rabbitmq";
    private const string PackagedData = "/var/lib/rabbitmq/mnesia";

    /// <param name="environment">The process.</param>
    /// <param name="node">What <c>-n</c> says.</param>
    /// <param name="usesLongNames">A host's name keeps its domain.</param>
    /// <param name="cookie">For a node of another host, in place of the file's.</param>
    public static NodePlace Find(
        CallerEnvironment environment, string? node, bool usesLongNames, string? cookie = null)
    {
        string? tree = TreeOf(environment.ProgramDirectory);
        string? checkout = CheckoutAbove(environment.ProgramDirectory);
        var file = EnvironmentVariablesFile.Read(
            environment.Find("RABBITMQ_CONF_ENV_FILE")
            ?? Path.Combine(tree is null ? PackagedConfiguration : $"{tree}/etc/rabbitmq", "rabbitmq-env.conf"));
        string? Find(string name) => environment.Find("RABBITMQ_" + name) ?? file.GetValueOrDefault(name);

        bool isLong = usesLongNames || Find("USE_LONGNAME") is "true" or "1" or "yes";
        string usual = FullName(Find("NODENAME") ?? "rabbit", environment.HostName, isLong);
        string name = node is null ? usual : FullName(node, environment.HostName, isLong);
        bool isNamed = node is not null || Find("NODENAME") is not null;
        RemotePlace? remote = RemotePlace.Find(
            environment, Find, name, tree is null ? PackagedConfiguration : $"{tree}/etc/rabbitmq");
        if (cookie is not null)
            remote = remote is null ? null : remote with { GivenCookie = cookie };
        string plugins = Path.GetFullPath(
            Find("ENABLED_PLUGINS_FILE")
            ?? Path.Combine(tree is null ? PackagedConfiguration : $"{tree}/etc/rabbitmq", "enabled_plugins"));
        string[] directories = Find("MNESIA_BASE") is { } data
            ? [Path.GetFullPath(data)]
            : [.. Defaults(tree, checkout).Distinct()];
        // It is the directory of the node that the environment names, and of no other that a caller asks for.
        string[] own = name == usual && Find("MNESIA_DIR") is { } directory
            ? [Path.GetFullPath(directory)]
            : [.. directories.Select(one => Path.Combine(one, name))];
        if (Find("CONTROL_SOCKET") is { } socket)
            return new NodePlace(name, [Path.GetFullPath(socket)])
            {
                Remote = remote,
                IsNamed = isNamed,
                EnabledPluginsFile = plugins,
                DataDirectories = own,
            };
        return new NodePlace(name, [.. directories.Select(one => Path.Combine(one, name + SocketEnding))])
        {
            Remote = remote,
            IsNamed = isNamed,
            EnabledPluginsFile = plugins,
            DataDirectories = own,
        };
    }

    private static IEnumerable<string> Defaults(string? tree, string? checkout)
    {
        if (tree is not null)
            yield return $"{tree}/var/mnesia";
        if (checkout is not null)
            yield return $"{checkout}/var/mnesia";
        yield return PackagedData;
    }

    // A tree as ./build.sh dist makes it; a package's lies below /usr and keeps its data elsewhere.
    private static string? TreeOf(string program) =>
        program.EndsWith("/lib/warren", StringComparison.Ordinal) && !program.StartsWith("/usr/",
            StringComparison.Ordinal)
            ? program[..^"/lib/warren".Length]
            : null;

    private static string? CheckoutAbove(string program)
    {
        if (program.StartsWith("/usr/", StringComparison.Ordinal))
            return null;
        for (string? place = program; !string.IsNullOrEmpty(place); place = Path.GetDirectoryName(place))
        {
            if (File.Exists(Path.Combine(place, "Warren.slnx")))
                return place;
        }
        return null;
    }

    private static string FullName(string name, string host, bool isLong) =>
        name.Contains('@', StringComparison.Ordinal) ? name : $"{name}@{(isLong ? host : host.Split('.')[0])}";
}
