using System.Collections.Immutable;
using Warren.Broker;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// The members as the node last took note of them: whom it keeps links with, and what its <see cref="MembersFile"/>
/// says. What could not be written is written with the next call. One caller at a time.
/// </summary>
internal sealed class FollowedMembers
{
    private readonly IDisk _disk;
    private readonly LogSink _log;
    private readonly ClusterId _cluster;
    private bool _isWritten;
    private bool _hasFailed;

    /// <exception cref="IdentityException">The file is damaged, or of a later version.</exception>
    public FollowedMembers(IDisk disk, NodeIdentity own, LogSink log)
    {
        _disk = disk;
        _log = log;
        _cluster = own.Cluster;
        Written = MembersFile.Read(disk, own);
    }

    /// <summary>As of the last call.</summary>
    public ImmutableArray<MemberRecord> Seen { get; private set; } = [];

    /// <summary>What the file says; empty: there is none.</summary>
    public ImmutableArray<MemberRecord> Written { get; private set; }

    /// <summary>Takes note of the members; true if they are others than at the last call.</summary>
    public bool Follow(ImmutableArray<MemberRecord> members)
    {
        bool isNew = !members.SequenceEqual(Seen);
        if (!isNew && _isWritten)
            return false;
        _isWritten = TryWrite(members);
        Seen = members;
        return isNew;
    }

    // A node that was always alone has no such file.
    private bool TryWrite(ImmutableArray<MemberRecord> members)
    {
        if (members.SequenceEqual(Written) || (Written.IsEmpty && members.Length <= 1))
            return true;
        try
        {
            MembersFile.Write(_disk, _cluster, members);
        }
        catch (DiskException error)
        {
            if (!_hasFailed)
            {
                _log(
                    LogLevel.Warning, LogCategory.Default,
                    $"who the cluster's members are could not be written, which is tried again: {error.Message}");
            }
            _hasFailed = true;
            return false;
        }
        Written = members;
        _hasFailed = false;
        return true;
    }
}
