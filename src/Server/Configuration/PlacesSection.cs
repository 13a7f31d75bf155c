namespace Warren.Server.Configuration;

/// <summary>
/// Finds the node's name, directories and files from the environment. An installed program (below <c>/usr</c>) uses the
/// places of RabbitMQ's packages; a tree made by <c>build.sh dist</c> uses its own <c>etc</c> and <c>var</c>; a
/// program run from a checkout keeps its data in the checkout's <c>var</c>.
/// </summary>
public static class PlacesSection
{
    private const string PackagedConfiguration = "/etc/rabbitmq";
    private const int PeerPortDistance = 20_000;

    /// <param name="environment">Variables, program directory and host name.</param>
    /// <param name="fileExists">Used to find the root of a checkout.</param>
    /// <exception cref="ConfigurationException">The node's name or a port is malformed.</exception>
    public static NodePlaces Read(NodeEnvironment environment, Func<string, bool> fileExists)
    {
        var (configuration, data, logs, home) = Roots(environment.ProgramDirectory, fileExists);
        var nodeName = ReadNodeName(environment);
        var dataBase = environment.Find("MNESIA_BASE") ?? data;
        var main = environment.Find("CONFIG_FILE") ?? Path.Combine(configuration, "rabbitmq");
        if (main.EndsWith(".config", StringComparison.Ordinal))
        {
            throw new ConfigurationException(
                $"RABBITMQ_CONFIG_FILE names {main}: the old configuration in Erlang terms is not read; "
                + "write its settings as a rabbitmq.conf");
        }

        return new NodePlaces
        {
            NodeName = nodeName,
            DataDirectory = Full(environment.Find("MNESIA_DIR") ?? Path.Combine(dataBase, nodeName)),
            PidFile = Full(environment.Find("PID_FILE") ?? Path.Combine(dataBase, nodeName + ".pid")),
            ControlSocket = Full(
                environment.Find("CONTROL_SOCKET") ?? Path.Combine(dataBase, nodeName + ".control")),
            LogDirectory = Full(environment.Find("LOG_BASE") ?? logs),
            MainConfigurationFile = Full(
                main.EndsWith(".conf", StringComparison.Ordinal) ? main : main + ".conf"),
            MoreConfigurationFiles = Full(
                environment.Find("CONFIG_FILES") ?? Path.Combine(configuration, "conf.d")),
            AdvancedConfigurationFile = Full(WithEnding(
                environment.Find("ADVANCED_CONFIG_FILE") ?? Path.Combine(configuration, "advanced"), ".config")),
            EnabledPluginsFile = Full(
                environment.Find("ENABLED_PLUGINS_FILE") ?? Path.Combine(configuration, "enabled_plugins")),
            CookieFile = Full(Path.Combine(NonEmpty(environment.FindAny("HOME")) ?? home, ".erlang.cookie")),
            PeerPort = environment.FindPort("DIST_PORT") ?? PeerPort(environment),
        };
    }

    /// <summary>Where <c>rabbitmq-env.conf</c> is, before it can name any other place.</summary>
    public static string EnvironmentFile(NodeEnvironment environment, Func<string, bool> fileExists) =>
        environment.Find("CONF_ENV_FILE")
        ?? Path.Combine(Roots(environment.ProgramDirectory, fileExists).Configuration, "rabbitmq-env.conf");

    private static (string Configuration, string Data, string Logs, string Home) Roots(
        string program, Func<string, bool> fileExists)
    {
        if (program.StartsWith("/usr/", StringComparison.Ordinal))
            return (PackagedConfiguration, "/var/lib/rabbitmq/mnesia", "/var/log/rabbitmq", "/var/lib/rabbitmq");
        if (program.EndsWith("/lib/warren", StringComparison.Ordinal))
        {
            var tree = program[..^"/lib/warren".Length];
            return ($"{tree}/etc/rabbitmq", $"{tree}/var/mnesia", $"{tree}/var/log", $"{tree}/var");
        }

        var root = program;
        for (var directory = program; !string.IsNullOrEmpty(directory); directory = Path.GetDirectoryName(directory))
        {
            if (fileExists(Path.Combine(directory, "Warren.slnx")))
                root = directory;
        }

        return (PackagedConfiguration, $"{root}/var/mnesia", $"{root}/var/log", $"{root}/var");
    }

    private static string ReadNodeName(NodeEnvironment environment)
    {
        var isLong = environment.Find("USE_LONGNAME") is "true" or "1" or "yes";
        var host = isLong ? environment.HostName : environment.HostName.Split('.')[0];
        var name = environment.Find("NODENAME") ?? "rabbit";
        if (!name.Contains('@', StringComparison.Ordinal))
            name = $"{name}@{host}";
        var isWellFormed = name.Split('@') is [{ Length: > 0 }, { Length: > 0 }]
            && name.All(c => char.IsLetterOrDigit(c) || c is '@' or '-' or '_' or '.' or ':');
        return isWellFormed
            ? name
            : throw new ConfigurationException($"expected RABBITMQ_NODENAME to be NAME@HOST; found \"{name}\"");
    }

    /// <summary>
    /// The convention of RabbitMQ; past the last port the system chooses (0), as it does where it chooses AMQP's.
    /// </summary>
    private static int PeerPort(NodeEnvironment environment)
    {
        var amqp = environment.FindPort("NODE_PORT") ?? ListenerOptions.DefaultPort;
        return amqp == 0 || amqp + PeerPortDistance > ushort.MaxValue ? 0 : amqp + PeerPortDistance;
    }

    private static string WithEnding(string path, string ending) =>
        path.EndsWith(ending, StringComparison.Ordinal) ? path : path + ending;

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string Full(string path) => Path.GetFullPath(path);
}
