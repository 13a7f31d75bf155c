using System.Security.Authentication;
using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>Reads <c>ssl_options.*</c> and refuses combinations that could not serve a client.</summary>
public static class TlsSection
{
    /// <param name="settings">The checked files.</param>
    /// <param name="fileExists">True when a file can be read.</param>
    /// <param name="notes">Takes what the operator should hear.</param>
    /// <exception cref="ConfigurationException">A file is missing, or settings contradict each other.</exception>
    public static TlsOptions Read(
        Settings settings, Func<string, bool> fileExists, ICollection<ConfigurationNote> notes)
    {
        var listener = settings.Named("listeners.ssl")[0].Entry;
        var options = new TlsOptions
        {
            CertificateFile =
                ReadFile(settings, "ssl_options.certfile", fileExists) ?? throw Lacks(listener, "certfile"),
            KeyFile = ReadFile(settings, "ssl_options.keyfile", fileExists) ?? throw Lacks(listener, "keyfile"),
            CaCertificateFile = ReadFile(settings, "ssl_options.cacertfile", fileExists),
            KeyPassword = settings.Text("ssl_options.password"),
            VerifyPeer = settings.Is("ssl_options.verify", "verify_peer"),
            FailIfNoPeerCertificate = settings.Bool("ssl_options.fail_if_no_peer_cert") ?? false,
            ChainDepth = settings.Int("ssl_options.depth"),
            HandshakeTimeoutMs = settings.Int("ssl_handshake_timeout") ?? 5000,
        };
        if (options.VerifyPeer && options.CaCertificateFile is null)
        {
            throw new ConfigurationException(
                settings.Find("ssl_options.verify")!, "verify_peer needs ssl_options.cacertfile, which is not set");
        }

        if (options.FailIfNoPeerCertificate && !options.VerifyPeer)
        {
            throw new ConfigurationException(
                settings.Find("ssl_options.fail_if_no_peer_cert")!,
                "fail_if_no_peer_cert = true needs ssl_options.verify = verify_peer");
        }

        return options with { Protocols = ReadProtocols(settings, options.Protocols, notes) };
    }

    /// <summary>What <c>ssl_options.versions</c> may name and a listener then speaks, the newest first.</summary>
    public static IReadOnlyList<string> Versions { get; } = ["tlsv1.3", "tlsv1.2"];

    private static SslProtocols ReadProtocols(
        Settings settings, SslProtocols usual, ICollection<ConfigurationNote> notes)
    {
        var named = settings.Named("ssl_options.versions");
        if (named.Count == 0)
            return usual;
        var protocols = SslProtocols.None;
        foreach (var (_, entry) in named)
        {
            switch (entry.Value)
            {
                case "tlsv1.3":
                    protocols |= SslProtocols.Tls13;
                    break;
                case "tlsv1.2":
                    protocols |= SslProtocols.Tls12;
                    break;
                case "tlsv1.1" or "tlsv1" or "sslv3":
                    notes.Add(new ConfigurationNote(
                        LogLevel.Warning,
                        $"{entry.Place}: {entry.Value} is not offered; it has been unsafe for years"));
                    break;
                default:
                    throw new ConfigurationException(
                        entry, $"expected {entry.Key} to be tlsv1.3 or tlsv1.2; found \"{entry.Value}\"");
            }
        }

        return protocols != SslProtocols.None ? protocols : throw new ConfigurationException(
            named[0].Entry,
            "expected at least one of tlsv1.3 and tlsv1.2 in ssl_options.versions; found only older ones");
    }

    private static string? ReadFile(Settings settings, string key, Func<string, bool> fileExists)
    {
        if (settings.Find(key) is not { } entry)
            return null;
        return fileExists(entry.Value) ? entry.Value : throw new ConfigurationException(
            entry, $"expected {key} to be a file that the node can read; found \"{entry.Value}\"");
    }

    private static ConfigurationException Lacks(ConfigurationEntry listener, string name) =>
        new(listener, $"a TLS listener needs ssl_options.{name}, which is not set");
}
