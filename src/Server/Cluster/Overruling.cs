using System.Collections.Immutable;
using System.Globalization;
using Warren.Broker;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Server.Configuration;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// A node of an earlier generation meets one of a later: an operator has begun the cluster anew without it
/// (<c>force_boot</c>), and what is in its directory must not serve anybody any more. The directory says so from then
/// on (<see cref="OverruledFile"/>); while it cannot be written the process knows it, which is enough for as long as it
/// lives, and tries again. Any thread.
/// </summary>
/// <param name="host">The node among others.</param>
/// <param name="directory">Its data directory.</param>
internal sealed class Overruling(ClusterHost host, string directory)
{
    /// <summary>Until a directory that could not be written is tried again.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private NodeIdentity? _overruled;
    private MembershipAnswer? _by;

    /// <summary>Whether a node that was met is of a later generation of the cluster that a directory is of.</summary>
    public static bool IsLater(PeerIdentity? met, NodeIdentity own) =>
        met is not null && met.ClusterId == own.Cluster.Value && met.Generation > own.Generation;

    /// <summary>
    /// The node that runs has met a later generation; true: for the first time. From now on <see cref="Read"/> says so.
    /// </summary>
    public bool Meet(NodeIdentity own, PeerIdentity later)
    {
        if (!Note(own, later))
            return false;
        // The directory is locked by this process.
        TryWrite(isTold: true, isLocked: true);
        return true;
    }

    /// <summary>
    /// Before a start: members of an earlier generation must not become its majority again among themselves, when one
    /// of the later generation can be heard.
    /// </summary>
    /// <exception cref="ConfigurationException">The directory cannot be used.</exception>
    public async Task LookAroundAsync()
    {
        if (Read() is not null || !new NodeDirectory(directory).Exists)
            return;
        try
        {
            IDisk disk = host.Seams.OpenDisk(directory);
            if (IdentityFile.Read(disk) is not { } own)
                return;
            ImmutableArray<MemberRecord> members = MembersFile.Read(disk, own);
            if (await host.Guest.FindLaterAsync(own, members).ConfigureAwait(false) is not { } later)
                return;
            Note(own, later);
            TryWrite(isTold: true, isLocked: false);
        }
        catch (Exception error) when (error is IdentityException or DiskException)
        {
            throw new ConfigurationException($"data directory {directory}: {error.Message}", error);
        }
    }

    /// <summary>What an operator is told of it; null: no later generation was met.</summary>
    /// <exception cref="ConfigurationException">The directory cannot be used.</exception>
    public string? Read()
    {
        if (!new NodeDirectory(directory).Exists)
            return null;
        try
        {
            IDisk disk = host.Seams.OpenDisk(directory);
            if (OverruledFile.Read(disk) is { } written)
                return Sentence(written);
            lock (_lock)
            {
                // By whose it is: another one may have been put in its place since.
                return _overruled is not null && IdentityFile.Read(disk) == _overruled ? Sentence(_by!) : null;
            }
        }
        catch (Exception error) when (error is IdentityException or DiskException)
        {
            throw new ConfigurationException($"data directory {directory}: {error.Message}", error);
        }
    }

    /// <summary>Until the start is given up: an operator is to say what becomes of the node.</summary>
    public async Task WaitAsync(CancellationToken stop)
    {
        while (true)
        {
            TryWrite(isTold: false, isLocked: false);
            await Task.Delay(Interval, host.Seams.Time, stop).ConfigureAwait(false);
        }
    }

    private bool Note(NodeIdentity own, PeerIdentity later)
    {
        lock (_lock)
        {
            if (_overruled == own)
                return false;
            _overruled = own;
            _by = new MembershipAnswer
            {
                Outcome = MembershipOutcome.Done,
                Reason = later.Name.Value,
                Cluster = new ClusterId(later.ClusterId),
                Generation = later.Generation,
            };
            return true;
        }
    }

    private void TryWrite(bool isTold, bool isLocked)
    {
        try
        {
            // A tool may look at the directory just now, or its disk be full.
            using DirectoryLock? held = isLocked ? null : DirectoryLock.Take(directory);
            lock (_lock)
            {
                IDisk disk = host.Seams.OpenDisk(directory);
                if (_by is not null && IdentityFile.Read(disk) == _overruled && OverruledFile.Read(disk) is null)
                    OverruledFile.Write(disk, _by);
            }
        }
        catch (Exception error) when (error is DiskException or IdentityException)
        {
            if (!isTold)
                return;
            host.Log(
                LogLevel.Error, LogCategory.Default,
                "a later generation of the cluster was met, which could not be written down and is tried again; the "
                + $"node serves nobody all the same: {error.Message}");
        }
    }

    private string Sentence(MembershipAnswer later) => string.Create(
        CultureInfo.InvariantCulture,
        $"this node serves nobody: {later.Reason} is of generation {later.Generation} of the cluster, which was begun ")
        + $"anew by force_boot without {host.Name}. 'rabbitmqctl stop_app', 'rabbitmqctl join_cluster {later.Reason}' "
        + "and 'rabbitmqctl start_app' bring it back as a new member; what it has is set aside then";
}
