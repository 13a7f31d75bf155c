using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Server.Cluster;
using Warren.Server.Configuration;
using Warren.Server.Control;
using Warren.Server.Tests.Cluster;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;
using NodeLog = Warren.Server.Logging.NodeLog;

namespace Warren.Server.Tests.Node;

/// <summary>A node's process, without the process.</summary>
public sealed class NodeHostTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("warren-host-").FullName;
    private readonly LogText _log = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Its links are up before its start has ended, and bring what they bring.</summary>
    [Fact]
    public async Task Who_is_overruled_in_the_middle_of_a_start_does_not_go_on_serving()
    {
        NodeHost? host = null;
        bool isMet = false;
        void Meet(IDisk disk, string path)
        {
            if (path != IdentityFile.Path + ".new" || isMet)
                return;
            isMet = true;
            OverruledFile.Write(disk, new MembershipAnswer
            {
                Outcome = MembershipOutcome.Done,
                Reason = "other@host",
                Cluster = new ClusterId(Guid.NewGuid()),
                Generation = 2,
            });
            host!.Cluster!.Overruled!();
        }
        NodeOptions options = RunningNode.Load(_directory, "distribution.listener.interface = 127.0.0.1");
        using NodeLog log = NodeLog.Start(options.Log, TimeProvider.System, _log);
        var seams = new NodeSeams(TimeProvider.System, new Random(1), message => _log.Write(message))
        {
            OpenDisk = directory =>
            {
                var disk = new FileDisk(directory);
                return new HookedDisk(disk, path => Meet(disk, path));
            },
        };
        host = new NodeHost(options, seams, log);
        await using (host)
        {
            await host.StartAppAsync();
            Assert.True(isMet);
            await Eventually.True(
                () => host.Node is null && host.Cluster!.Waiting is { } waiting
                    && waiting.StartsWith("this node serves nobody: other@host is of", StringComparison.Ordinal),
                () => $"{host.Cluster!.Waiting} {_log}");
        }
    }

    [Fact]
    public async Task Others_hear_how_long_a_sync_has_been_under_way_and_the_log_says_so()
    {
        using var goesOn = new ManualResetEventSlim(initialState: true);
        using NodeLog log = NodeLog.Start(Options().Log, TimeProvider.System, _log);
        await using var host = new NodeHost(
            Options(), Seams() with { OpenDisk = path => new StallingDisk(new FileDisk(path), goesOn) }, log);
        await host.StartAppAsync();
        ClusterHost cluster = host.Cluster!;
        await Eventually.True(() => cluster.State.OldestSyncAge == TimeSpan.Zero);
        goesOn.Reset();
        Task added = host.Node!.Broker.Administration.Vhosts.AddAsync("v");
        try
        {
            await Eventually.True(() => cluster.State.OldestSyncAge > TimeSpan.FromSeconds(1));
            await Eventually.True(() => _log.Has("The disk of this node has not finished a sync for "));
        }
        finally
        {
            goesOn.Set();
        }
        await added;
        await Eventually.True(() => cluster.State.OldestSyncAge == TimeSpan.Zero);
    }

    /// <summary>A halted node serves nobody, whatever else goes on: pauses, commands, waits.</summary>
    [Fact]
    public async Task A_halted_node_opens_nothing_and_says_why_until_it_is_started_again()
    {
        using NodeLog log = NodeLog.Start(Options().Log, TimeProvider.System, _log);
        await using var host = new NodeHost(Options(), Seams(), log);
        await host.StartAppAsync();
        Warren.Server.Node node = host.Node!;
        Assert.Single(node.Listeners);
        node.Pause();
        node.Halt("definitions of a newer version");
        Assert.False(node.EndPause());
        Assert.Empty(node.Listeners);
        node.ResumeListeners();
        Assert.Empty(node.Listeners);
        node.SuspendListeners();
        node.ResumeListeners();
        Assert.Empty(node.Listeners);
        MembershipService membership = node.Membership!;
        Assert.True(membership.IsServing);
        Assert.False(node.Paused(membership).IsServing());
        membership.TellWaiting();
        membership.TellPaused("paused");
        membership.TellServing();
        Assert.Equal(
            "serving no clients until it is started again: definitions of a newer version", host.Cluster!.Waiting);
        await host.StopAppAsync();
        await host.StartAppAsync();
        Assert.Single(host.Node!.Listeners);
        Assert.Null(host.Cluster!.Waiting);
    }

    /// <summary>It was halted while it waited for others.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_begins_to_listen_behind_a_halt_or_an_end(bool halts)
    {
        var listeners = new NodeListeners(_ => throw new InvalidOperationException("it was opened"));
        if (halts)
            listeners.Halt();
        else
            await listeners.CloseAsync();
        Assert.False(listeners.TryBegin([new ListenerOptions("1", null, 0, IsTls: false)]));
    }

    /// <summary>Its disk was full when it was overruled, or a tool looks at it just now.</summary>
    [Fact]
    public async Task Who_is_overruled_waits_although_its_directory_is_locked()
    {
        NodeOptions options = Options();
        string directory = options.Places.DataDirectory;
        OverruledFile.Write(new FileDisk(directory), Answer("other@host", new ClusterId(Guid.NewGuid())));
        using DirectoryLock held = DirectoryLock.Take(directory);
        using NodeLog log = NodeLog.Start(options.Log, TimeProvider.System, _log);
        await using var host = new NodeHost(options, Seams(), log);
        Task start = host.StartAppAsync();
        await Eventually.True(() => start.IsCompleted || host.Cluster?.AwaitsOperator is not null);
        // It has tried to write by then.
        Assert.False(start.IsCompleted, $"{start.Exception}");
        await host.StopAppAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
    }

    /// <summary>Nobody could ever join.</summary>
    [Fact]
    public async Task A_generation_that_fails_in_whatever_way_is_finished_all_the_same()
    {
        NodeOptions options = Options();
        using NodeLog log = NodeLog.Start(options.Log, TimeProvider.System, _log);
        string directory = options.Places.DataDirectory;
        await using (var first = new NodeHost(options, Seams(), log))
            await first.StartAppAsync();
        NodeIdentity own = IdentityFile.Read(new FileDisk(directory))!;
        IdentityFile.Write(new FileDisk(directory), own with { Generation = 2 });
        ForcedBootFile.Write(new FileDisk(directory), Answer("", own.Cluster));
        int failures = 0;
        NodeSeams seams = Seams() with
        {
            OpenDisk = path => new HookedDisk(new FileDisk(path), file =>
            {
                if (file == ForcedBootFile.Path && failures++ == 0)
                    throw new InvalidOperationException("something else");
            }),
        };
        await using var host = new NodeHost(options, seams, log);
        await host.StartAppAsync();
        await Eventually.True(
            () => _log.Has("generation 2 of the cluster has begun with this node alone"), () => $"{_log}");
        Assert.True(_log.Has("which is tried again; until then no other node may join: something else"));
        Assert.False(host.Node!.Membership!.AddsNobody);
    }

    /// <summary>What it has been told is no start of a generation, and nothing is damaged any more.</summary>
    [Fact]
    public async Task A_lone_node_that_is_to_accept_losses_and_has_none_starts_as_any_other()
    {
        NodeOptions options = Options();
        using NodeLog log = NodeLog.Start(options.Log, TimeProvider.System, _log);
        await using var host = new NodeHost(options, Seams(), log);
        await host.StartAppAsync();
        await host.StopAppAsync();
        var disk = new FileDisk(options.Places.DataDirectory);
        NodeIdentity own = IdentityFile.Read(disk)!;
        MembershipAnswer plan = Answer("", own.Cluster) with { Generation = own.Generation };
        ForcedBootFile.Write(disk, ForcedBootFile.With(plan, acceptsLoss: true));
        await host.StartAppAsync();
        Assert.Null(ForcedBootFile.Read(disk));
        Assert.Empty(host.Incidents.Read());
        Assert.False(host.Node!.Membership!.AddsNobody);
        Assert.False(_log.Has("has begun with this node alone"));
    }

    /// <summary>The dead are not remembered as such yet.</summary>
    [Fact]
    public async Task A_generation_that_is_half_begun_is_not_withdrawn()
    {
        NodeOptions options = Options();
        using NodeLog log = NodeLog.Start(options.Log, TimeProvider.System, _log);
        await using var host = new NodeHost(options, Seams(), log);
        await host.StartAppAsync();
        await host.StopAppAsync();
        var disk = new FileDisk(options.Places.DataDirectory);
        NodeIdentity own = IdentityFile.Read(disk)!;
        Assert.True(NodeName.TryParse("dead@127.0.0.1", out NodeName name));
        ForcedBootFile.Write(disk, Answer("", own.Cluster) with
        {
            Generation = own.Generation,
            Members = [new(new NodeId(Guid.NewGuid()), name, new PeerAddress(name.Host, 1))],
        });
        ControlRefusalException refusal = await Assert.ThrowsAsync<ControlRefusalException>(
            () => new ClusterCommands(host).ForceBootAsync([]));
        Assert.StartsWith("force_boot is half done on ", refusal.Message, StringComparison.Ordinal);
        Assert.NotNull(ForcedBootFile.Read(disk));
    }

    /// <summary>The directory is sound, and its record that of the process which has it.</summary>
    [Fact]
    public async Task A_second_process_notes_nothing_in_the_record_of_the_first()
    {
        NodeOptions options = RunningNode.Load(
            _directory,
            "distribution.listener.interface = 127.0.0.1\ncluster_formation.peer_discovery_backend = classic_config\n"
            + "cluster_formation.classic_config.nodes.1 = other@127.0.0.250");
        using DirectoryLock held = DirectoryLock.Take(options.Places.DataDirectory);
        using NodeLog log = NodeLog.Start(options.Log, TimeProvider.System, _log);
        await using var host = new NodeHost(options, Seams(), log);
        ConfigurationException refused =
            await Assert.ThrowsAsync<ConfigurationException>(() => host.StartAppAsync());
        Assert.StartsWith("data directory", refused.Message, StringComparison.Ordinal);
        Assert.Contains("is using it", refused.Message, StringComparison.Ordinal);
        Assert.Empty(host.Incidents.Read());
    }

    [Fact]
    public async Task Whatever_keeps_an_overruled_node_from_starting_again_is_told()
    {
        NodeOptions options = Options();
        using NodeLog log = NodeLog.Start(options.Log, TimeProvider.System, _log);
        bool isBroken = false;
        NodeSeams seams = Seams() with
        {
            OpenDisk = path => isBroken ? throw new InvalidOperationException("broken") : new FileDisk(path),
        };
        await using var host = new NodeHost(options, seams, log);
        await host.StartAppAsync();
        isBroken = true;
        host.Cluster!.Overruled!();
        await Eventually.True(
            () => _log.Has("the node does not start again: System.InvalidOperationException: broken"), () => $"{_log}");
    }

    private static MembershipAnswer Answer(string reason, ClusterId cluster) => new()
    {
        Outcome = MembershipOutcome.Done,
        Reason = reason,
        Cluster = cluster,
        Generation = 2,
    };

    private NodeOptions Options() => RunningNode.Load(_directory, "distribution.listener.interface = 127.0.0.1");

    private NodeSeams Seams() =>
        new(TimeProvider.System, new Random(1), message => _log.Write(message));
}
