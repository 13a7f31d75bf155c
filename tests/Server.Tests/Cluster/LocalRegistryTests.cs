using System.Diagnostics;
using Warren.Cluster;
using Warren.Server.Cluster;
using Warren.Server.Configuration;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Cluster;

/// <summary>Entries of the nodes of one machine, true ones and others.</summary>
public sealed class LocalRegistryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("warren-registry-").FullName;

    private string Nodes => Path.Combine(_directory, "nodes");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_node_is_found_until_it_leaves()
    {
        using var own = new LocalRegistry([Nodes]);
        var other = new LocalRegistry([Nodes]);
        Assert.Null(other.Find(Name("r1@localhost")));
        Assert.Null(own.Enter(Name("r1@localhost"), "127.0.0.7", 25672));
        LocalNode? found = other.Find(Name("r1@localhost"));
        Assert.Equal(
            ("127.0.0.7", 25672, Environment.ProcessId), (found!.Host, found.Port, found.ProcessId));
        Assert.Null(other.Find(Name("r2@localhost")));
        own.Dispose();
        Assert.Null(other.Find(Name("r1@localhost")));
        Assert.Empty(Directory.GetFiles(Nodes));
    }

    [Fact]
    public void The_shared_directory_is_everybodys_and_entries_are_their_owners()
    {
        using var own = new LocalRegistry([Nodes]);
        own.Enter(Name("r1@localhost"), "", 25672);
        Assert.True(File.GetUnixFileMode(Nodes).HasFlag(UnixFileMode.OtherWrite | UnixFileMode.StickyBit));
        UnixFileMode entry = File.GetUnixFileMode(Path.Combine(Nodes, "r1@localhost.node"));
        Assert.False(entry.HasFlag(UnixFileMode.OtherWrite));
        Assert.True(entry.HasFlag(UnixFileMode.OtherRead));
        Assert.Equal("", own.Find(Name("r1@localhost"))!.Host);
    }

    [Fact]
    public async Task A_pipe_and_a_link_are_no_entries_and_hold_nobody_up()
    {
        using var own = new LocalRegistry([Nodes]);
        own.Enter(Name("r1@localhost"), "", 25672);
        string pipe = Path.Combine(Nodes, "r2@localhost.node");
        using Process make = Process.Start("/bin/sh", ["-c", "mkfifo \"$0\"", pipe]);
        await make.WaitForExitAsync();
        Assert.True(File.Exists(pipe));
        Task<LocalNode?> finding = Task.Factory.StartNew(
            () => own.Find(Name("r2@localhost")), TaskCreationOptions.LongRunning);
        Assert.Null(await finding.WaitAsync(Eventually.Patience));
        string entry = Path.Combine(Nodes, "r1@localhost.node");
        File.Move(entry, Path.Combine(_directory, "elsewhere"));
        File.CreateSymbolicLink(entry, Path.Combine(_directory, "elsewhere"));
        Assert.Null(own.Find(Name("r1@localhost")));
    }

    [Fact]
    public void Entries_of_other_machines_nodes_are_not_asked()
    {
        using var own = new LocalRegistry([Nodes]);
        own.Enter(Name("r1@elsewhere"), "127.0.0.7", 4711);
        Assert.Equal(25672, new PeerBook(Name("r2@here"), new PeerOptions(), own).Find(Name("r1@elsewhere")).Port);
        Assert.Equal(4711, new PeerBook(Name("r2@Elsewhere"), new PeerOptions(), own).Find(Name("r1@elsewhere")).Port);
    }

    [Fact]
    public void Entries_of_processes_that_are_gone_count_for_nothing()
    {
        using var own = new LocalRegistry([Nodes]);
        own.Enter(Name("r1@localhost"), "", 25672);
        string path = Path.Combine(Nodes, "r1@localhost.node");
        string text = File.ReadAllText(path);
        using Process gone = Process.Start("/bin/sh", ["-c", ":"]);
        gone.WaitForExit();
        File.WriteAllText(path, text.Replace($"process {Environment.ProcessId}", $"process {gone.Id}"));
        Assert.Null(own.Find(Name("r1@localhost")));
        // The same number, given to another process since.
        string started = text.Split('\n').Single(line => line.StartsWith("started", StringComparison.Ordinal));
        File.WriteAllText(path, text.Replace(started, started + "1"));
        Assert.Equal(OperatingSystem.IsLinux(), own.Find(Name("r1@localhost")) is null);
        File.WriteAllText(path, text);
        Assert.NotNull(own.Find(Name("r1@localhost")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("warren-node 2\nname r1@localhost\nhost \nport 1\nprocess 1\nstarted 0\n")]
    [InlineData("warren-node 1\nname r2@localhost\nhost \nport 1\nprocess 1\nstarted 0\n")]
    [InlineData("warren-node 1\nname r1@localhost\nhost \nport 0\nprocess 1\nstarted 0\n")]
    [InlineData("warren-node 1\nname r1@localhost\nhost \nport 70000\nprocess 1\nstarted 0\n")]
    [InlineData("warren-node 1\nname r1@localhost\nhost \nport 1\nprocess -1\nstarted 0\n")]
    [InlineData("warren-node 1\nname r1@localhost\nhost \nport 1\n")]
    public void What_is_no_entry_is_passed_over(string text)
    {
        Directory.CreateDirectory(Nodes);
        File.WriteAllText(Path.Combine(Nodes, "r1@localhost.node"), text);
        Assert.Null(new LocalRegistry([Nodes]).Find(Name("r1@localhost")));
    }

    [Fact]
    public void The_first_directory_that_can_be_written_is_used_and_all_are_read()
    {
        string blocked = Path.Combine(_directory, "file");
        File.WriteAllText(blocked, "");
        using var own = new LocalRegistry([Path.Combine(blocked, "x"), Nodes]);
        Assert.Null(own.Enter(Name("r1@localhost"), "", 25672));
        Assert.NotNull(new LocalRegistry([Path.Combine(_directory, "none"), Nodes]).Find(Name("r1@localhost")));
        using var none = new LocalRegistry([Path.Combine(blocked, "x")]);
        Assert.Contains("RABBITMQ_RUN_DIR", none.Enter(Name("r1@localhost"), "", 1), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_node_of_the_name_keeps_its_entry_and_is_named()
    {
        // It waits for what never comes, whatever this process has for an input.
        using Process other = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "read never"]) { RedirectStandardInput = true })!;
        try
        {
            Directory.CreateDirectory(Nodes);
            string path = Path.Combine(Nodes, "r1@localhost.node");
            File.WriteAllText(
                path, $"warren-node 1\nname r1@localhost\nhost \nport 4242\nprocess {other.Id}\nstarted 0\n");
            using var own = new LocalRegistry([Nodes]);
            Assert.Contains(
                $"process {other.Id} with peer port 4242", own.Enter(Name("r1@localhost"), "", 1),
                StringComparison.Ordinal);
            own.Dispose();
            Assert.True(File.Exists(path));
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public void Where_a_node_is_follows_from_configuration_then_registry_then_name()
    {
        using var registry = new LocalRegistry([Nodes]);
        registry.Enter(Name("r2@here"), "127.0.0.9", 111);
        var options = new PeerOptions
        {
            Addresses = new PeerOptions().Addresses.Add(
                Name("r3@there"), new Warren.Cluster.Links.PeerAddress("10.0.0.1", 9)),
        };
        var book = new PeerBook(Name("r1@here"), options, registry);
        Assert.Equal("10.0.0.1:9", $"{book.Find(Name("r3@there"))}");
        Assert.Equal("127.0.0.9:111", $"{book.Find(Name("r2@here"))}");
        Assert.Equal("there:25672", $"{book.Find(Name("r4@there"))}");
        Assert.Equal(0, book.Find(Name("r4@HERE")).Port);
    }

    private static NodeName Name(string text) =>
        NodeName.TryParse(text, out NodeName name) ? name : throw new ArgumentException(text);
}
