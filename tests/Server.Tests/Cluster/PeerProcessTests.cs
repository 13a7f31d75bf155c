using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Warren.Cluster.Identity;
using Warren.Server.Tests.Node;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Cluster;

/// <summary>Nodes as processes of their own on 127.0.0.x, that meet, part, and refuse each other.</summary>
public sealed class PeerProcessTests : IDisposable
{
    private readonly TestedPeers _peers = new();

    public void Dispose() => _peers.Dispose();

    [Fact]
    public async Task Three_nodes_link_whoever_comes_last_and_go_on_when_one_is_killed()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await c.JoinAsync(b);
        foreach ((TestedPeer one, TestedPeer other) in new[] { (a, c), (c, a), (b, c), (c, b) })
            await one.SeesAsync(other, "up");
        c.Kill();
        await a.SeesAsync(c, "down");
        await a.LogsAsync($"node {c.Name} is down: ");
        await a.SeesAsync(b, "up");
        // Another port, and the entry of the killed process is still there.
        await c.StartAsync();
        await a.SeesAsync(c, "up");
        await b.SeesAsync(c, "up");
        await a.LogsAsync($"node {c.Name} is up (boot 2, id {c.Id})");
    }

    [Fact]
    public async Task A_node_that_is_not_there_yet_is_found_when_it_comes()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        await b.StopAsync();
        await a.StopAsync();
        await a.StartAsync();
        await a.LogsAsync($"no link with {b.Name} at ");
        await a.LogsAsync("waiting for a majority of the cluster's 2 nodes; 1 is up, not ");
        await b.StartAsync();
        await a.SeesAsync(b, "up");
        await a.LogsAsync("started TCP listener on ");
    }

    [Fact]
    public async Task A_stop_is_told_as_such_and_a_stopped_broker_comes_back_to_its_peers()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        await b.TellAsync("stop_app");
        await a.SeesAsync(b, "down");
        await a.LogsAsync($"node {b.Name} is down: {b.Name} ended the link: the node stops");
        await a.SeesAsync(b, $"down, Stopping: the broker of {b.Name} does not run");
        await b.TellAsync("start_app");
        await a.SeesAsync(b, "up");
        await b.SeesAsync(a, "up");
    }

    [Fact]
    public async Task Another_cookie_is_named_on_both_sides()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        await b.StopAsync();
        b.SetCookie("OTHERCOOKIE");
        await b.StartAsync();
        const string Sentence = ": the two nodes have different cookies: copy .erlang.cookie from one to the other";
        await a.LogsAsync(Sentence);
        await b.LogsAsync(Sentence);
        await a.SeesAsync(b, "down, WrongCookie: the two nodes have different cookies");
    }

    [Fact]
    public async Task Another_cluster_is_named_on_both_sides()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        await b.TellAsync("force_reset");
        await a.LogsAsync(": nodes of two clusters do not link");
        await b.LogsAsync("nodes of two clusters do not link; reset one of them to let it join the other");
    }

    [Fact]
    public async Task Who_lost_its_directory_is_told_and_let_back_by_one_command()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await c.JoinAsync(a);
        string before = b.Id;
        await b.StopAsync();
        Directory.Delete(b.DataDirectory, recursive: true);
        await b.StartAsync();
        string refused = await b.TellAsync($"join {a.Name}");
        Assert.Contains(
            $"{b.Name} is a member already, under the identity {before}", refused, StringComparison.Ordinal);
        Assert.Contains($"'rabbitmqctl forget_cluster_node {b.Name}'", refused, StringComparison.Ordinal);
        Assert.Equal("done", await c.TellAsync($"forget {b.Name}"));
        await b.JoinAsync(a);
        await a.SeesAsync(b, "up");
        await c.SeesAsync(b, "up");
    }

    [Fact]
    public async Task A_node_that_is_reset_leaves_and_joining_twice_changes_nothing()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        string before = b.Id;
        await b.JoinAsync(a);
        Assert.Equal(before, b.Id);
        string after = await b.TellAsync("reset");
        Assert.NotEqual(before, after);
        await a.LogsAsync($"{b.Name} ({before}) was removed from the cluster");
        await b.JoinAsync(a);
        await a.SeesAsync(b, "up");
    }

    /// <summary>It was let in, and its disk is full, or it is killed.</summary>
    [Fact]
    public async Task Who_cannot_write_down_that_it_has_joined_is_what_it_was()
    {
        TestedPeer a = await _peers.Make(1).StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        string before = b.Id;
        Assert.Equal("done", await b.TellAsync($"refuse {IdentityFile.Path}.new"));
        Assert.Contains(
            "cannot be set aside or made: ", await b.TellAsync($"join {a.Name}"), StringComparison.Ordinal);
        await b.StopAsync();
        await b.StartAsync();
        Assert.Equal(before, b.Id);
        await b.JoinAsync(a);
        await a.SeesAsync(b, "up");
        Assert.False(Directory.Exists(b.DataDirectory + ".joined"));
        // Killed when what it had was out of the way.
        await b.StopAsync();
        Directory.Move(b.DataDirectory, b.DataDirectory + ".joined");
        string joined = b.Id;
        await b.StartAsync();
        Assert.Equal(joined, b.Id);
        await a.SeesAsync(b, "up");
    }

    [Fact]
    public async Task A_node_that_has_joined_and_not_started_leaves_by_reset_all_the_same()
    {
        TestedPeer a = await _peers.Make(1).StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        Assert.Equal("done", await b.TellAsync($"only_join {a.Name}"));
        await a.LogsAsync(" joins the cluster");
        Assert.Equal("done", await b.TellAsync("only_reset"));
        await a.LogsAsync(" was removed from the cluster");
        await b.JoinAsync(a);
        await a.SeesAsync(b, "up");
    }

    [Fact]
    public async Task A_member_that_runs_is_not_forgotten()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        Assert.StartsWith(
            $"refused: {b.Name} is running: stop it before it is removed", await a.TellAsync($"forget {b.Name}"),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "refused: {:not_a_cluster_node,", await a.TellAsync("forget nobody@nowhere"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_went_back_in_time_is_refused_also_after_a_restart_of_the_other()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        await b.StopAsync();
        string copy = Path.Combine(_peers.RunDirectory, "copy");
        Copy(b.DataDirectory, copy);
        for (int boot = 0; boot < 3; boot++)
        {
            await b.StartAsync();
            await a.SeesAsync(b, "up");
            await b.StopAsync();
        }
        await a.StopAsync();
        Directory.Delete(b.DataDirectory, recursive: true);
        Copy(copy, b.DataDirectory);
        await a.StartAsync();
        await b.StartAsync();
        await a.SeesAsync(b, $"down, WentBack: the data directory of {b.Name} went back in time");
        await b.LogsAsync($"the data directory of {b.Name} went back in time: it is at boot 2");
    }

    /// <summary>Its process is the same one, and its boot number too.</summary>
    [Fact]
    public async Task A_directory_that_is_put_back_while_the_broker_is_stopped_is_refused()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        Assert.Equal("done", await b.TellAsync("stop_app"));
        string copy = Path.Combine(_peers.RunDirectory, "copy");
        Copy(b.DataDirectory, copy);
        Assert.Equal("done", await b.TellAsync("start_app"));
        await a.SeesAsync(b, "up");
        Assert.Equal("done", await a.TellAsync("add_vhost more"));
        Assert.Equal("done", await b.TellAsync("stop_app"));
        Directory.Delete(b.DataDirectory, recursive: true);
        Copy(copy, b.DataDirectory);
        Assert.Equal("done", await b.TellAsync("start_app"));
        // Whichever of the two is seen first: the log's end, or that another start has had the boot number.
        await Eventually.True(
            () => a.Log.Has($"the data directory of {b.Name} went back in time")
                || a.Log.Has("have one identity"),
            () => $"{a.Log}");
    }

    [Fact]
    public async Task With_tls_they_link_too_and_a_node_without_it_is_told_apart()
    {
        using TestAuthority root = TestAuthority.Root("The cluster's root");
        TestedPeer a = await _peers.Make(1, Tls(root, 1)).StartAsync();
        TestedPeer b = await _peers.Make(2, Tls(root, 2)).StartAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await b.JoinAsync(a);
        await a.SeesAsync(b, "up");
        await b.SeesAsync(a, "up");
        Assert.StartsWith("refused: ", await c.TellAsync($"join {a.Name}"), StringComparison.Ordinal);
        await a.LogsAsync("the TLS handshake failed");
    }

    [Fact]
    public async Task A_peer_port_in_use_stops_the_start_with_one_sentence()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        using var server = new ServerProcess();
        server.Variables["RABBITMQ_DIST_PORT"] = $"{port}";
        server.Write("rabbitmq.conf", "distribution.listener.interface = 127.0.0.1\n");
        server.Start();
        Assert.Equal(1, await server.EndAsync());
        Assert.StartsWith(
            $"The node cannot start: cannot listen for peers on 127.0.0.1:{port}: Address already in use. Another "
            + "node, or RabbitMQ, may be using the port: RABBITMQ_DIST_PORT or",
            server.Errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_home_that_cannot_be_written_leaves_the_node_alone_and_running()
    {
        using var server = new ServerProcess();
        server.Variables["HOME"] = "/proc/no-home";
        await server.StartUpAsync();
        string log = server.PathOf("log", "tested@localhost.log");
        await Eventually.True(() => File.ReadAllText(log).Contains(
            "this node runs alone, without a peer port: the cookie file /proc/no-home/.erlang.cookie cannot be made",
            StringComparison.Ordinal));
        Assert.False(Directory.Exists(server.PathOf("run")));
        await server.SignalAsync("TERM");
        Assert.Equal(0, await server.EndAsync());
    }

    [Fact]
    public async Task Who_has_an_identity_or_is_told_of_others_does_not_run_alone()
    {
        using var server = new ServerProcess();
        string home = server.Variables["HOME"]!;
        await server.StartUpAsync();
        await EndsWellAsync(server);
        server.Variables["HOME"] = "/proc/no-home";
        await RefusesAsync(server, "has an identity in a cluster, and this node cannot run as one: the cookie file ");
        Directory.Delete(server.DataDirectory, recursive: true);
        server.Write(
            "rabbitmq.conf",
            "cluster_formation.peer_discovery_backend = classic_config\n"
            + "cluster_formation.classic_config.nodes.1 = other@localhost\n");
        await RefusesAsync(server, "this node is to form a cluster with others by cluster_formation, and cannot reach");
        Assert.False(Directory.Exists(Path.Combine(server.DataDirectory, "log")));
        // Whose it was stands in the log alone.
        server.Write("rabbitmq.conf", "");
        server.Variables["HOME"] = home;
        await server.RestartAsync();
        await EndsWellAsync(server);
        File.Delete(Path.Combine(server.DataDirectory, "identity"));
        await RefusesAsync(server, ": that file was lost or is another directory's; put it back from a copy");
    }

    [Fact]
    public async Task A_node_leaves_no_entry_behind()
    {
        using var server = new ServerProcess();
        await server.StartUpAsync();
        Assert.Single(Directory.GetFiles(server.PathOf("run")));
        await server.SignalAsync("TERM");
        Assert.Equal(0, await server.EndAsync());
        Assert.Empty(Directory.GetFiles(server.PathOf("run")));
    }

    private static async Task EndsWellAsync(ServerProcess server)
    {
        await server.SignalAsync("TERM");
        Assert.Equal(0, await server.EndAsync());
    }

    private static async Task RefusesAsync(ServerProcess server, string sentence)
    {
        server.Errors.Clear();
        server.Start();
        Assert.Equal(1, await server.EndAsync());
        Assert.StartsWith("The node cannot start: ", server.Errors.ToString(), StringComparison.Ordinal);
        Assert.Contains(sentence, server.Errors.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A stale entry, or a port that has another owner by now: it is not who was named.</summary>
    [Fact]
    public async Task Who_answers_in_the_place_of_another_is_not_asked_to_let_anybody_in()
    {
        TestedPeer a = await _peers.Make(1).StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        const string Gone = "r9@127.0.0.41";
        string entry = Assert.Single(Directory.GetFiles(_peers.RunDirectory, a.Name + "*"));
        await File.WriteAllTextAsync(
            entry.Replace(a.Name, Gone, StringComparison.Ordinal),
            (await File.ReadAllTextAsync(entry)).Replace(a.Name, Gone, StringComparison.Ordinal));
        string answer = await b.TellAsync($"join {Gone}");
        Assert.StartsWith(
            $"refused: {Gone} does not let {b.Name} in: at its address ", answer, StringComparison.Ordinal);
        Assert.EndsWith($" answers {a.Name} instead", answer, StringComparison.Ordinal);
        Assert.Equal("", await a.TellAsync("status"));
    }

    private string Tls(TestAuthority root, int number)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse($"127.0.0.{40 + number}"));
        using X509Certificate2 certificate = root.Issue("CN=node", null, names);
        string Write(string name, string text)
        {
            string path = Path.Combine(_peers.RunDirectory, $"{number}-{name}.pem");
            File.WriteAllText(path, text);
            return path;
        }
        return $"warren.peer_tls.certfile = {Write("cert", certificate.ExportCertificatePem())}\n"
            + $"warren.peer_tls.keyfile = "
            + $"{Write("key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem())}\n"
            + $"warren.peer_tls.cacertfile = {Write("ca", root.Pem)}\n";
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
