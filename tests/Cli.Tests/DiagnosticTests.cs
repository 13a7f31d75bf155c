using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>What operators ask when something is wrong: certificates, names, logs, the process.</summary>
public sealed class DiagnosticTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("warren-certificates-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task CertificatesThatExpireSoonFailTheCheck()
    {
        string file = WriteCertificate(DateTimeOffset.Parse("2020-01-01", CultureInfo.InvariantCulture), days: 20_000);
        await using ControlledNode node = await ControlledNode.StartAsync(
            $"listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:0\nssl_options.certfile = {file}\n"
            + $"ssl_options.keyfile = {file}\nssl_options.cacertfile = {file}\n");
        CommandRun valid = node.Run("rabbitmq-diagnostics", "-q", "check_certificate_expiration");
        Assert.Equal(
            (ExitCode.Ok, "No certificates are expiring within 4 weeks.\n"), (valid.Code, valid.Output));
        CommandRun soon = node.Run(
            "rabbitmq-diagnostics", "check_certificate_expiration", "--within", "100", "--unit", "years");
        Assert.Equal(ExitCode.Unavailable, soon.Code);
        Assert.Contains(
            $"protocol: amqp/ssl, certfile: {file}, expires: [2074-10-04 00:00:00], cacertfile: {file}", soon.Error,
            StringComparison.Ordinal);
        Assert.Contains(
            "-----BEGIN CERTIFICATE-----", node.Run("rabbitmq-diagnostics", "certificates").Output,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmq-diagnostics", "check_protocol_listener", "amqps").Code);
        // The files are looked at, not what the node has read of them.
        File.Delete(file);
        Assert.Equal(
            ExitCode.Unavailable, node.Run("rabbitmq-diagnostics", "check_certificate_expiration").Code);
    }

    [Fact]
    public async Task APasswordIsHashedAsTheNodeDoesIt()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        CommandRun run = node.Run("rabbitmqctl", "-q", "hash_password", "s3cret");
        byte[] hash = Convert.FromBase64String(run.Output.TrimEnd());
        byte[] salted = [.. hash[..4], .. Encoding.UTF8.GetBytes("s3cret")];
        Assert.Equal(SHA256.HashData(salted), hash[4..]);
        Assert.DoesNotContain("s3cret", node.Run("rabbitmqctl", "hash_password", "s3cret").Output,
            StringComparison.Ordinal);
        string stored = run.Output.TrimEnd();
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "add_user", "u", stored, "--pre-hashed-password").Code);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "authenticate_user", "u", "s3cret").Code);
        Assert.Equal(ExitCode.Usage, node.Run("rabbitmqctl", "hash_password", "").Code);
    }

    [Fact]
    public async Task TheNodeReadsItsLog()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        for (int number = 0; number < 5; number++)
            node.Run("rabbitmqctl", "add_vhost", $"v{number}");
        string[] lines = node.Run("rabbitmq-diagnostics", "-q", "log_tail", "-N", "2").Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.EndsWith("Added vhost 'v4'", lines[1], StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, node.Run("rabbitmq-diagnostics", "log_tail", "-N", "0").Code);

        Task<CommandRun> follows = Task.Factory.StartNew(
            () => node.Run("rabbitmq-diagnostics", "-q", "log_tail_stream", "-d", "2"), CancellationToken.None,
            TaskCreationOptions.LongRunning, TaskScheduler.Default);
        // Whenever it begins to look, something is written after.
        int more = 0;
        while (!follows.IsCompleted)
            node.Run("rabbitmqctl", "add_vhost", $"w{more++}");
        CommandRun followed = await follows;
        Assert.Equal(ExitCode.Ok, followed.Code);
        Assert.Contains("Added vhost 'w", followed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Added vhost 'v4'", followed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheProcessIsDescribed()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        string cookie = File.ReadAllText(Path.Combine(node.DataBase, ".erlang.cookie")).Trim();
#pragma warning disable CA5351 // RabbitMQ's own hash.
        string hash = Convert.ToBase64String(MD5.HashData(Encoding.UTF8.GetBytes(cookie)));
#pragma warning restore CA5351
        Assert.Equal(hash + "\n", Ask(node, "erlang_cookie_hash"));
        Assert.Matches(@"^none: Warren \S+ runs on \.NET ", Ask(node, "erlang_version"));
        Assert.Equal("tlsv1.3\ntlsv1.2\n", Ask(node, "tls_versions"));
        Assert.Equal("127.0.0.1\n", Ask(node, "resolve_hostname", "127.0.0.1"));
        Assert.Contains("127.0.0.1", Ask(node, "list_network_interfaces"), StringComparison.Ordinal);
        Assert.Equal(Environment.GetCommandLineArgs()[0], Ask(node, "command_line_arguments").Split('\n')[0]);
        Assert.EndsWith(".log\n", Ask(node, "log_location"), StringComparison.Ordinal);
        Assert.Contains(
            "--erlang-cookie value set? false", Ask(node, "erlang_cookie_sources"), StringComparison.Ordinal);
        CommandRun unresolved = node.Run("rabbitmq-diagnostics", "-q", "resolve_hostname", "nosuch.invalid");
        Assert.Equal(
            (ExitCode.DataError, "Hostname does not resolve (resolution failed with an nxdomain)\n"),
            (unresolved.Code, unresolved.Error));
    }

    [Fact]
    public async Task PeersAreDiscoveredAsTheConfigurationSays()
    {
        await using ControlledNode node = await ControlledNode.StartAsync(
            "cluster_formation.peer_discovery_backend = classic_config\n"
            + "cluster_formation.classic_config.nodes.1 = rabbit@localhost\n");
        Assert.Equal("rabbit@localhost\n", Ask(node, "discover_peers"));
        await using ControlledNode alone = await ControlledNode.StartAsync();
        Assert.Equal("No peers discovered\n", Ask(alone, "discover_peers"));
    }

    [Fact]
    public async Task PermissionsAndMetadataAreSetForVhosts()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        node.Run("rabbitmqctl", "add_vhost", "v1");
        node.Run("rabbitmqctl", "add_user", "u", "p");
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "set_permissions_globally", "u", "a", "b", "c").Code);
        Assert.Equal(
            "/\ta\tb\tc\nv1\ta\tb\tc\n", node.Run("rabbitmqctl", "-s", "list_user_permissions", "u").Output);
        Assert.Equal(
            ExitCode.NoUser, node.Run("rabbitmqctl", "set_permissions_globally", "nobody", "a", "b", "c").Code);
        Assert.Equal(
            ExitCode.Ok, node.Run("rabbitmqctl", "update_vhost_metadata", "v1", "--description", "ours").Code);
        Assert.Equal(
            ExitCode.Ok, node.Run("rabbitmqctl", "update_vhost_metadata", "v1", "--tags", "x,y").Code);
        Assert.Contains(
            "v1\tours\t[x, y]\n", node.Run("rabbitmqctl", "-s", "list_vhosts", "name", "description", "tags").Output,
            StringComparison.Ordinal);
        // What is not given stays, and what is given empty is cleared.
        Assert.Equal(
            ExitCode.Ok,
            node.Run("rabbitmqctl", "update_vhost_metadata", "v1", "--default-queue-type", "quorum").Code);
        Assert.Contains(
            "v1\tours\t[x, y]\n", node.Run("rabbitmqctl", "-s", "list_vhosts", "name", "description", "tags").Output,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "update_vhost_metadata", "v1", "--tags", "").Code);
        Assert.Contains(
            "v1\tours\t[]\n", node.Run("rabbitmqctl", "-s", "list_vhosts", "name", "description", "tags").Output,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, node.Run("rabbitmqctl", "update_vhost_metadata", "v1").Code);
        Assert.Equal(
            ExitCode.DataError, node.Run("rabbitmqctl", "update_vhost_metadata", "no", "--tags", "x").Code);
    }

    [Fact]
    public async Task AReportHoldsAllThatIsAskedFor()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        node.Run("rabbitmqctl", "add_vhost", "v1");
        node.Run("warren", "-p", "v1", "queue", "declare", "q.of.v1");
        CommandRun run = node.Run("rabbitmqctl", "report");
        Assert.Equal((ExitCode.Ok, ""), (run.Code, run.Error));
        foreach (string part in (string[])
            [
                "Status of node rabbit@localhost ...", "Cluster status of node", "Application environment of node",
                "Listing connections ...", "Listing queues for vhost / ...", "Listing queues for vhost v1 ...",
                "\nq.of.v1\t", "Listing policies for vhost \"v1\"",
            ])
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, node.Run("rabbitmqctl", "report", "--formatter", "json").Code);
    }

    private static string Ask(ControlledNode node, params string[] line)
    {
        CommandRun run = node.Run(["rabbitmq-diagnostics", "-q", .. line]);
        Assert.Equal((ExitCode.Ok, ""), (run.Code, run.Error));
        return run.Output;
    }

    private string WriteCertificate(DateTimeOffset from, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=warren.test", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(from, from.AddDays(days));
        string file = Path.Combine(_directory, "node.pem");
        File.WriteAllText(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return file;
    }
}
