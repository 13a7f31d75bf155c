using System.Runtime.InteropServices;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// The groups that another node leads and that rest here: a frame of it is a word of the leader for each of them
/// (<see cref="LedRest"/> is the other side). Owned by the walks of <see cref="GroupHeartbeats"/>, but for what turns
/// look at, which is volatile, and for who has left, of which that one's lock takes care.
/// </summary>
internal sealed class FollowedRest(NodeId node)
{
    private readonly List<long> _left = [];
    private byte[] _frame = new byte[RestAnswer.HeadBytes];
    private long _epoch;
    private long _number;
    private long _named;
    private long _heardAt;
    private bool _isOwed;
    private bool _isLost;

    public NodeId Node => node;

    /// <summary>Frames of the epoch have come without a gap: groups may rest.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The tick at which the last frame has come.</summary>
    public long HeardAt => Volatile.Read(ref _heardAt);

    /// <summary>
    /// Takes a frame's number. False: it is to be passed over; who rests here may have to be <paramref name="ended"/>
    /// first.
    /// </summary>
    public bool TryTake(long epoch, long number, long now, out bool ended)
    {
        ended = false;
        if (IsOpen && epoch == _epoch && number <= _number)
            return false;
        if (number == 1)
        {
            ended = IsOpen;
            (IsOpen, _isLost, _epoch, _named) = (true, false, epoch, 0);
            _left.Clear();
        }
        else if (!IsOpen || epoch != _epoch || number != _number + 1)
        {
            ended = IsOpen;
            (IsOpen, _isLost, _isOwed, _epoch, _number) = (false, true, true, epoch, 0);
            _left.Clear();
            return false;
        }
        _number = number;
        _isOwed = true;
        Volatile.Write(ref _heardAt, now);
        return true;
    }

    /// <summary>Nobody rests here until the other side begins anew.</summary>
    public void Close()
    {
        IsOpen = _isOwed = false;
        _left.Clear();
    }

    /// <summary>The other side must not count on it.</summary>
    public void Left(GroupId group) => _left.Add(group.Value);

    /// <summary>Answers what has come since the last time.</summary>
    public void Send(SendHeartbeats send)
    {
        if (!_isOwed)
            return;
        int named = Math.Min(_left.Count, RestAnswer.Most);
        int size = RestAnswer.HeadBytes + (named * sizeof(long));
        if (_frame.Length < size)
            _frame = new byte[size];
        _named += named;
        RestAnswer.Write(_frame, _epoch, _number, _named, _isLost, CollectionsMarshal.AsSpan(_left)[..named]);
        _left.RemoveRange(0, named);
        _isOwed = false;
        send(node, HeartbeatFrameKind.RestAnswers, _frame.AsSpan(0, size));
    }
}
