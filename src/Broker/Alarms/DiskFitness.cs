using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Warren.Broker.Definitions;
using Warren.Cluster;
using Warren.Cluster.Consensus;

namespace Warren.Broker.Alarms;

/// <summary>
/// Whether disks let nodes lead what is replicated, this one above all. It is unfit while its log has been at one round
/// for <see cref="Limit"/> or its disk has the alarm, and until that has been over for <see cref="RecoveryMs"/>. What
/// it leads then goes, group by group, to members whose disks are well, where these are a majority without it; else it
/// leads on, since nobody would do better: on one storage all may stall.
/// <para>Looked at by a timer of its own, since the broker's tick asks the disk itself, which may not answer. Groups
/// look for themselves in their turns (<see cref="LeavesToOthers"/>), whenever they are told that they may find
/// something else.</para>
/// </summary>
internal sealed class DiskFitness : IDisposable
{
    /// <summary>
    /// A leader whose process falls silent is followed within one to two seconds; a disk that takes no longer than that
    /// is cheaper to wait for.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Nothing is handed over to a node whose sync has taken so long: one that shares a storage with this one has begun
    /// its own somewhat later.
    /// </summary>
    public const int MostSyncMsOfNext = 500;

    /// <summary>So long the disk must have been well: one that stalls now and then is not led by in between.</summary>
    public const int RecoveryMs = 10_000;

    private const int LookMs = 500;

    /// <summary>Whoever still leads tries again to hand over.</summary>
    private const int AgainMs = 2000;

    private readonly MessageBroker _broker;
    private readonly NodeId _self;
    private readonly Func<NodeId, bool> _isUp;
    private readonly Func<TimeSpan>? _roundAge;
    private readonly ConcurrentDictionary<NodeId, bool> _slow = new();
    private readonly ITimer _timer;
    private volatile bool _isUnfit;
    private int _isLooking;

    // Of the timer's callback.
    private bool _wasOverLimit;
    private bool _isStall;
    private long _badMs;
    private long _toldMs;
    private ImmutableHashSet<NodeId> _well = [];

    /// <param name="broker">The node's.</param>
    /// <param name="setup">The cluster's.</param>
    /// <param name="roundAge">See <see cref="Durability.StorageSetup.RoundAge"/>.</param>
    public DiskFitness(MessageBroker broker, ClusterSetup setup, Func<TimeSpan>? roundAge)
    {
        _broker = broker;
        _self = setup.Self;
        _isUp = setup.Peers.IsUp;
        _roundAge = roundAge;
        _timer = (setup.Ticks ?? broker.Time).CreateTimer(
            static state => ((DiskFitness)state!).Look(), this, TimeSpan.FromMilliseconds(LookMs),
            TimeSpan.FromMilliseconds(LookMs));
    }

    /// <summary>This node is not to lead where others can. Any thread.</summary>
    public bool IsUnfit => _isUnfit;

    /// <summary>Another node can be reached, and nothing is known against its disk. Any thread.</summary>
    public bool MayLead(NodeId node) =>
        _isUp(node) && !_slow.ContainsKey(node) && !_broker.Alarms.HasDiskAlarm(node);

    /// <summary>
    /// This node is unfit, and the other members with disks that are well elect and commit without it. Any thread.
    /// </summary>
    public bool LeavesToOthers(Membership members)
    {
        if (!_isUnfit)
            return false;
        int well = 0;
        foreach (Member member in members.Members)
        {
            // Who is under maintenance takes nothing over either.
            bool takesOver = member.Id != _self && MayLead(member.Id) && !_broker.Maintenance.Includes(member.Id);
            well += member.IsVoter && takesOver ? 1 : 0;
        }
        return well >= members.Majority;
    }

    /// <summary>Another node says how long its oldest unfinished sync has been under way.</summary>
    public void NotePeer(NodeId node, int syncAgeMs)
    {
        if (syncAgeMs >= MostSyncMsOfNext)
            _slow.TryAdd(node, true);
        else if (!_slow.IsEmpty)
            _slow.TryRemove(node, out _);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // One that takes longer than the interval is not run twice at once.
        if (Interlocked.Exchange(ref _isLooking, 1) == 1)
            return;
        TimeSpan age = _roundAge?.Invoke() ?? TimeSpan.Zero;
        bool isOverLimit = age >= Limit;
        // Twice: a process that stood still finds its sync as old, and done in a moment.
        LookAtOwn(isOverLimit && _wasOverLimit ? age : null);
        _wasOverLimit = isOverLimit;
        if (_isUnfit)
            LookAtOthers();
        Volatile.Write(ref _isLooking, 0);
    }

    private void LookAtOwn(TimeSpan? stalledFor)
    {
        long nowMs = _broker.NowMs;
        if (stalledFor is not null || _broker.Alarms.IsDiskOn)
        {
            _badMs = nowMs;
            TellBegun(stalledFor);
            _isUnfit = true;
        }
        else if (_isUnfit && nowMs - _badMs >= RecoveryMs)
        {
            (_isUnfit, _isStall, _well) = (false, false, []);
            Say(
                LogLevel.Info,
                $"The disk of this node has been well for {RecoveryMs / 1000} s: the node may lead again.");
            Tell(leadersOnly: false);
        }
    }

    private void LookAtOthers()
    {
        ImmutableHashSet<NodeId> well = [.. _broker.Nodes.Members.Keys.Where(node => node != _self && MayLead(node))];
        bool isNews = !well.SetEquals(_well);
        if (!isNews && _broker.NowMs - _toldMs < AgainMs)
            return;
        _well = well;
        Tell(leadersOnly: !isNews);
    }

    // Once for each cause; that of the alarm has been told as such.
    private void TellBegun(TimeSpan? stalledFor)
    {
        const string Consequence =
            "what this node leads of replicated queues and definitions is handed over to members whose disks are well, "
            + "where they are a majority without it";
        if (stalledFor is { } age && !_isStall)
        {
            _isStall = true;
            Say(
                LogLevel.Warning,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The disk of this node has not finished a sync for {age.TotalSeconds:0.0} s: {Consequence}. "
                    + $"Look at the disk if that goes on."));
        }
        else if (stalledFor is null && !_isUnfit)
        {
            Say(LogLevel.Warning, $"The disk of this node has an alarm: {Consequence}.");
        }
    }

    private void Tell(bool leadersOnly)
    {
        _toldMs = _broker.NowMs;
        _broker.Replication?.DisksChanged(leadersOnly);
        if (_broker.Definitions.Leader is { } leader)
            _broker.Definitions.Post(new TurnEvent(leader.DisksChanged));
    }

    private void Say(LogLevel level, string sentence) => _broker.Log(level, LogCategory.Default, sentence);
}
