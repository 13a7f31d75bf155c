using System.Runtime.InteropServices;
using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// The groups that another node leads and that rest here: a frame of it is a word of the leader for each of them
/// (<see cref="LedRest"/> is the other side). Owned by the walks of <see cref="GroupHeartbeats"/>, but for what turns
/// look at, which is volatile, and for who has left, of which that one's lock takes care.
/// </summary>
internal sealed class FollowedRest(NodeId node)
{
    /// <summary>Groups that wait to be named: some thousands may leave at once, or be refused within a tick.</summary>
    private const int MostLeft = 8 * RestAnswer.Most;

    private readonly List<long> _left = [];
    private byte[] _frame = new byte[RestAnswer.HeadBytes];
    private long _epoch;
    private long _number;
    private long _answered;
    private long _named;
    private long _heardAt;
    private bool _isOwed;
    private bool _isLost;

    public NodeId Node => node;

    public long Epoch => _epoch;

    /// <summary>The last frame of the epoch that has come.</summary>
    public long Number => _number;

    /// <summary>The last one that was answered.</summary>
    public long Answered => _answered;

    /// <summary>Frames of the epoch have come without a gap: groups may rest.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The tick at which the last frame has come.</summary>
    public long HeardAt => Volatile.Read(ref _heardAt);

    /// <summary>Since none did, some group has begun to rest here.</summary>
    public bool HasRested { get; set; }

    /// <summary>The other side may know that this one takes part in the epoch: only then it offers anything.</summary>
    public bool HasAnswered => Answered > 0;

    /// <summary>More are to be named than a side that keeps to the rules lets come.</summary>
    public bool IsOverfull => _left.Count > MostLeft;

    /// <summary>
    /// A frame is the next of the epoch that is open, or has come already; else nobody rests here any more.
    /// </summary>
    public bool IsOfEpoch(long epoch, long number) => IsOpen && epoch == _epoch
        && (number <= _number + 1 || Planted.Is(PlantedBug.RestGapTaken));

    /// <summary>Takes a frame's number. False: it is to be passed over.</summary>
    public bool TryTake(long epoch, long number, long now)
    {
        bool isOfEpoch = IsOfEpoch(epoch, number);
        if (isOfEpoch && number <= _number)
            return false;
        if (!isOfEpoch && number > 1)
        {
            Lose(epoch);
            return false;
        }
        if (!isOfEpoch)
        {
            (IsOpen, _isLost, _epoch, _named, _answered) = (true, false, epoch, 0, 0);
            _left.Clear();
        }
        _number = number;
        _isOwed = true;
        Volatile.Write(ref _heardAt, now);
        return true;
    }

    /// <summary>What has come, or may not have, ends an epoch; the other side hears of it.</summary>
    public void Lose(long epoch)
    {
        (IsOpen, _isLost, _isOwed, _epoch, _number) = (false, true, true, epoch, 0);
        _left.Clear();
    }

    /// <summary>Nobody rests here until the other side begins anew.</summary>
    public void Close()
    {
        IsOpen = _isOwed = false;
        _left.Clear();
    }

    /// <summary>The other side must not count on it.</summary>
    public void Left(GroupId group) => _left.Add(group.Value);

    /// <summary>Whether the other side is still to hear of that.</summary>
    public bool IsToBeNamed(GroupId group) => _left.Contains(group.Value);

    /// <summary>Answers what has come since the last time.</summary>
    public void Send(SendHeartbeats send)
    {
        if (!_isOwed)
            return;
        _isOwed = false;
        // The number says that of what was offered up to there all rest who were not named.
        while (_left.Count > RestAnswer.Most)
            Send(_answered, RestAnswer.Most, send);
        _answered = _number;
        Send(_number, _left.Count, send);
    }

    private void Send(long number, int named, SendHeartbeats send)
    {
        int size = RestAnswer.HeadBytes + (named * sizeof(long));
        if (_frame.Length < size)
            _frame = new byte[size];
        _named += named;
        RestAnswer.Write(_frame, _epoch, number, _named, _isLost, CollectionsMarshal.AsSpan(_left)[..named]);
        _left.RemoveRange(0, named);
        send(node, HeartbeatFrameKind.RestAnswers, _frame.AsSpan(0, size));
    }
}
