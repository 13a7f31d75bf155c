using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Warren.Cluster.Links;

namespace Warren.Cli.Node;

/// <summary>
/// The keys <c>warren.peer_tls</c> of <c>rabbitmq.conf</c>, by which a command shows who it is where the nodes demand
/// certificates. The node reads the same files and refuses what is malformed: here such a line is passed over.
/// </summary>
internal static class PeerTlsSettings
{
    private const string Prefix = "warren.peer_tls.";

    /// <summary>Null: the nodes use plain TCP.</summary>
    /// <exception cref="CommandException">TLS is configured and its files cannot be used.</exception>
    public static PeerTls? Read(IReadOnlyList<string> files)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in files)
            Read(file, values);
        if (values.Count == 0)
            return null;
        try
        {
            string certificateFile = Value(values, "certfile");
            string keyFile = Value(values, "keyfile");
            X509Certificate2 certificate = values.GetValueOrDefault("password") is { } password
                ? X509Certificate2.CreateFromEncryptedPemFile(certificateFile, password, keyFile)
                : X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(Value(values, "cacertfile"));
            return new PeerTls(certificate, chain, authorities);
        }
        catch (Exception error) when (
            error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException(
                ExitCode.Configuration,
                $"Error: the files of warren.peer_tls, with which nodes are reached, cannot be used: {error.Message}");
        }
    }

    private static string Value(Dictionary<string, string> values, string name) =>
        values.GetValueOrDefault(name) ?? throw new ArgumentException($"{Prefix}{name} is not set");

    private static void Read(string file, Dictionary<string, string> values)
    {
        string[] lines;
        try
        {
            lines = File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without TLS there is nothing in it for a command; with TLS the node's refusal says what is missing.
            return;
        }
        foreach (string line in lines)
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? "" : line[..equals].Trim();
            if (key.StartsWith(Prefix, StringComparison.Ordinal))
                values[key[Prefix.Length..]] = line[(equals + 1)..].Split(" #")[0].Trim().Trim('\'', '"');
        }
    }
}
