using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Server.Configuration;
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
}
