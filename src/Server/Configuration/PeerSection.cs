using System.Collections.Immutable;
using System.Globalization;
using Warren.Broker;
using Warren.Cluster;
using Warren.Cluster.Links;

namespace Warren.Server.Configuration;

/// <summary>Reads what concerns other nodes: port, address, TLS, silence, where others are found.</summary>
public static class PeerSection
{
    private const string Tls = "warren.peer_tls";

    /// <param name="settings">The checked files.</param>
    /// <param name="environment">Goes before the files where it names a port.</param>
    /// <param name="peerPort">The port unless the files say otherwise.</param>
    /// <param name="fileExists">True when a file can be read.</param>
    /// <param name="notes">Takes what the operator should hear.</param>
    /// <exception cref="ConfigurationException">Something cannot be used; the message says what.</exception>
    public static PeerOptions Read(
        Settings settings, NodeEnvironment environment, int peerPort, Func<string, bool> fileExists,
        ICollection<ConfigurationNote> notes)
    {
        (int lowest, int highest) = ReadPorts(settings, environment, peerPort);
        var options = new PeerOptions
        {
            Interface = settings.Text("distribution.listener.interface") ?? "",
            LowestPort = lowest,
            HighestPort = highest,
            Tls = ReadTls(settings, fileExists),
            Addresses = ReadAddresses(settings),
            RunDirectories = ReadRunDirectories(environment),
        };
        if (environment.FindPort("DIST_PORT") is > 0 and int named)
            options = options with { UsualPort = named };
        if (settings.Find("net_ticktime") is not { } entry)
            return options;
        int seconds = settings.Int("net_ticktime")!.Value;
        notes.Add(new ConfigurationNote(
            LogLevel.Info,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{entry.Place}: net_ticktime = {seconds}: another node counts as gone after {seconds} s of silence; ")
            + "all nodes need the same value. Without the key it is 1 s: heartbeats come far oftener than Erlang's"));
        return options with { SilenceTimeout = TimeSpan.FromSeconds(seconds) };
    }

    private static (int Lowest, int Highest) ReadPorts(Settings settings, NodeEnvironment environment, int peerPort)
    {
        // As in RabbitMQ the environment names one port, the files a range.
        if (environment.FindPort("DIST_PORT") is { } named)
            return (named, named);
        int? least = settings.Int("distribution.listener.port_range.min");
        int? most = settings.Int("distribution.listener.port_range.max");
        if (least is null && most is null)
            return (peerPort, peerPort);
        int lowest = least ?? Math.Min(peerPort, most!.Value);
        int highest = most ?? Math.Max(peerPort, lowest);
        if (lowest <= highest && highest <= ushort.MaxValue)
            return (lowest, highest);
        throw new ConfigurationException(
            settings.Find("distribution.listener.port_range.max")
                ?? settings.Find("distribution.listener.port_range.min")!,
            $"expected distribution.listener.port_range to be ports, min not above max; found {lowest} to {highest}");
    }

    private static PeerTlsOptions? ReadTls(Settings settings, Func<string, bool> fileExists)
    {
        if (settings.Under(Tls).FirstOrDefault() is not { } any)
            return null;
        return new PeerTlsOptions(
            ReadFile(settings, any, "certfile", fileExists),
            ReadFile(settings, any, "keyfile", fileExists),
            ReadFile(settings, any, "cacertfile", fileExists),
            settings.Text($"{Tls}.password"));
    }

    private static string ReadFile(
        Settings settings, ConfigurationEntry any, string name, Func<string, bool> fileExists)
    {
        if (settings.Find($"{Tls}.{name}") is not { } entry)
        {
            throw new ConfigurationException(
                any, $"TLS between nodes needs {Tls}.certfile, keyfile and cacertfile; {name} is not set");
        }
        return fileExists(entry.Value) ? entry.Value : throw new ConfigurationException(
            entry, $"expected {entry.Key} to be a file that the node can read; found \"{entry.Value}\"");
    }

    private static ImmutableDictionary<NodeName, PeerAddress> ReadAddresses(Settings settings)
    {
        var addresses = ImmutableDictionary.CreateBuilder<NodeName, PeerAddress>();
        foreach ((_, ConfigurationEntry entry) in settings.Named("warren.peer_addresses"))
        {
            int equals = entry.Value.IndexOf('=', StringComparison.Ordinal);
            int colon = entry.Value.LastIndexOf(':');
            if (equals <= 0 || colon <= equals + 1
                || !NodeName.TryParse(entry.Value[..equals].Trim(), out NodeName name)
                || !ushort.TryParse(entry.Value[(colon + 1)..], CultureInfo.InvariantCulture, out ushort port)
                || port == 0)
            {
                throw new ConfigurationException(
                    entry, $"expected {entry.Key} to be NAME@HOST = ADDRESS:PORT; found \"{entry.Value}\"");
            }
            addresses[name] = new PeerAddress(entry.Value[(equals + 1)..colon].Trim().Trim('[', ']'), port);
        }
        return addresses.ToImmutable();
    }

    // Of all nodes of the machine, whichever user runs them and wherever their data lies.
    private static ImmutableArray<string> ReadRunDirectories(NodeEnvironment environment) =>
        environment.Find("RUN_DIR") is { } directory
            ? [Path.GetFullPath(directory)]
            : ["/run/rabbitmq", Path.Combine(Path.GetTempPath(), ".warren-nodes")];
}
