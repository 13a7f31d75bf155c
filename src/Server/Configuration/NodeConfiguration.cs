using System.Collections;
using System.Collections.Immutable;
using System.Net;
using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>
/// Reads all that configures a node: the environment, <c>rabbitmq-env.conf</c>, <c>rabbitmq.conf</c> and the files
/// beside it, <c>enabled_plugins</c>. The only place of the configuration that touches files.
/// </summary>
public static class NodeConfiguration
{
    /// <summary>Reads the configuration of this process.</summary>
    /// <exception cref="ConfigurationException">The node must not start; the message says why.</exception>
    public static NodeOptions Load()
    {
        var variables = new Dictionary<string, string>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        return Load(new NodeEnvironment(
            variables, ImmutableDictionary<string, string>.Empty, AppContext.BaseDirectory, Environment.MachineName));
    }

    /// <summary>Reads the configuration that belongs to an environment.</summary>
    /// <exception cref="ConfigurationException">The node must not start; the message says why.</exception>
    public static NodeOptions Load(NodeEnvironment environment)
    {
        var notes = new List<ConfigurationNote>();
        environment = WithEnvironmentFile(environment, notes);
        var places = PlacesSection.Read(environment, File.Exists);
        var files = FindFiles(environment, places, notes);
        var entries = files.SelectMany(f => ConfigurationParser.Parse(f, ReadText(f), environment.FindAny)).ToList();
        var settings = Settings.From(entries, KeyTable.BuiltIn);
        notes.AddRange(settings.Notes);
        var listeners = ListenerSection.Read(settings, environment);
        return new NodeOptions
        {
            Broker = BrokerSection.Read(settings, environment, places.NodeName, notes),
            Places = places,
            Listeners = listeners,
            Tls = listeners.Any(l => l.IsTls) ? TlsSection.Read(settings, File.Exists, notes) : null,
            Tcp = ReadTcp(settings),
            ProxyProtocol = ReadProxyProtocol(settings, notes),
            Peers = PeerSection.Read(settings, environment, places.PeerPort, File.Exists, notes),
            Log = LogSection.Read(settings, environment, places),
            Partitions = PartitionSection.Read(settings),
            Discovery = DiscoverySection.Read(settings, environment, notes),
            EnabledPlugins = ReadPlugins(environment, places, notes),
            ConfigurationFiles = [.. files],
            Notes = [.. notes],
        };
    }

    private static NodeEnvironment WithEnvironmentFile(NodeEnvironment environment, List<ConfigurationNote> notes)
    {
        var file = PlacesSection.EnvironmentFile(environment, File.Exists);
        return File.Exists(file)
            ? environment.WithFile(EnvironmentFile.Parse(file, ReadText(file), environment.FindAny, notes))
            : environment;
    }

    private static List<string> FindFiles(
        NodeEnvironment environment, NodePlaces places, List<ConfigurationNote> notes)
    {
        var files = new List<string>();
        var main = places.MainConfigurationFile;
        if (File.Exists(main))
            files.Add(main);
        else if (environment.Find("CONFIG_FILE") is not null)
            notes.Add(Warning($"RABBITMQ_CONFIG_FILE names {main}, which does not exist; defaults hold"));
        files.AddRange(FindMore(places.MoreConfigurationFiles));
        if (File.Exists(places.AdvancedConfigurationFile))
            notes.Add(Warning($"{places.AdvancedConfigurationFile} is not read: Erlang terms configure nothing here"));
        return files;
    }

    /// <summary>
    /// A directory's <c>*.conf</c>, or the files that a pattern in the last part of the path matches.
    /// </summary>
    private static string[] FindMore(string path)
    {
        var (directory, pattern) = Directory.Exists(path)
            ? (path, "*.conf")
            : (Path.GetDirectoryName(path) ?? "/", Path.GetFileName(path));
        try
        {
            return Directory.Exists(directory)
                ? [.. Directory.EnumerateFiles(directory, pattern).Order(StringComparer.Ordinal)]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"the configuration files of {directory} cannot be listed: {e.Message}");
        }
    }

    private static TcpOptions ReadTcp(Settings settings)
    {
        var defaults = new TcpOptions();
        var lingers = settings.Bool("tcp_listen_options.linger.on");
        return new TcpOptions
        {
            Backlog = settings.Int("tcp_listen_options.backlog") ?? defaults.Backlog,
            NoDelay = settings.Bool("tcp_listen_options.nodelay") ?? defaults.NoDelay,
            SendBufferBytes = settings.Int("tcp_listen_options.sndbuf"),
            ReceiveBufferBytes = settings.Int("tcp_listen_options.recbuf"),
            KeepAlive = settings.Bool("tcp_listen_options.keepalive") ?? defaults.KeepAlive,
            LingerSeconds = lingers == true ? settings.Int("tcp_listen_options.linger.timeout") ?? 0 : null,
        };
    }

    private static ProxyProtocolOptions ReadProxyProtocol(Settings settings, List<ConfigurationNote> notes)
    {
        var isEnabled = settings.Bool("proxy_protocol") ?? false;
        var sources = settings.Named("warren.proxy_protocol.allowed_sources")
            .Select(s => ValueText.TryNetwork(s.Entry.Value, out var network) ? network : default(IPNetwork))
            .ToImmutableArray();
        if (sources.Length > 0)
            return new ProxyProtocolOptions { IsEnabled = isEnabled, AllowedSources = sources };
        if (isEnabled)
        {
            notes.Add(new ConfigurationNote(
                LogLevel.Info,
                "proxy_protocol is on: headers are accepted from loopback and private networks; "
                + "warren.proxy_protocol.allowed_sources.1 = ADDRESS/BITS names the load balancer more closely"));
        }

        return new ProxyProtocolOptions { IsEnabled = isEnabled };
    }

    private static ImmutableArray<string> ReadPlugins(
        NodeEnvironment environment, NodePlaces places, List<ConfigurationNote> notes)
    {
        IReadOnlyList<string> names = [];
        var source = "RABBITMQ_ENABLED_PLUGINS";
        if (environment.Find("ENABLED_PLUGINS") is { } list)
        {
            names = list.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        }
        else if (File.Exists(places.EnabledPluginsFile))
        {
            source = places.EnabledPluginsFile;
            names = EnabledPlugins.Parse(source, ReadText(source));
        }

        notes.AddRange(names.Select(n => EnabledPlugins.NoteOn(source, n)).OfType<ConfigurationNote>());
        return [.. names];
    }

    private static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{file} cannot be read: {e.Message}");
        }
    }

    private static ConfigurationNote Warning(string message) => new(LogLevel.Warning, message);
}
