using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// The groups that this node leads and that rest with one other node: one short frame a beat says of all of them that
/// nothing has changed. Frames of an epoch are numbered, and what is lost ends it: then each group has lines of its own
/// again. So what both sides hold for resting is the same at equal numbers.
/// <para>Owned by the walks of <see cref="GroupHeartbeats"/>; what turns look at is volatile.</para>
/// </summary>
/// <param name="node">The other node.</param>
/// <param name="silentTicks">So long after the last frame, or answer, either side closes the epoch.</param>
internal sealed class LedRest(NodeId node, int silentTicks)
{
    private readonly List<long> _letGo = [];
    private readonly byte[] _lines = new byte[RestFrame.MostOffered * HeartbeatLines.LineBytes];
    private byte[] _frame = new byte[RestFrame.HeadBytes];
    private int _offers;
    private bool _isWanted;
    private long _epoch = NewEpoch();
    private long _number;
    private long _named;
    private long _confirmed;
    private long _answeredAt;

    public NodeId Node => node;

    public long Epoch => _epoch;

    /// <summary>The last frame of the epoch that was sent; 0: none.</summary>
    public long Number => _number;

    /// <summary>Groups that rest, or were offered to: as many slots hold a <see cref="SlotRest"/> of this.</summary>
    public int Count { get; private set; }

    /// <summary>Up to this frame all have arrived.</summary>
    public long Confirmed => Volatile.Read(ref _confirmed);

    /// <summary>The tick at which the other node has answered last.</summary>
    public long AnsweredAt => Volatile.Read(ref _answeredAt);

    /// <summary>
    /// A group has said the same for a while; returns the frame that tells so, or 0: not now. The other node must have
    /// shown that it knows what that is.
    /// </summary>
    public long TryOffer(GroupId group, in Heartbeat line, long now)
    {
        _isWanted = true;
        // While nobody rests no frames go: by the time of an answer the other node would have closed the epoch.
        if (Count == 0 && Confirmed > 0 && now - AnsweredAt >= silentTicks / 2)
            Restart();
        // Nor what is to be let go with a later frame than this.
        if (Confirmed == 0 || _offers == RestFrame.MostOffered || _letGo.Count >= RestFrame.MostLetGo)
            return 0;
        HeartbeatLines.Write(_lines.AsSpan(_offers++ * HeartbeatLines.LineBytes), group, line);
        Count++;
        return _number + 1;
    }

    /// <summary>
    /// A group that was offered rests no more. It is let go also if the other node has said so itself: it may have been
    /// offered again meanwhile. As only groups that were offered are, no more wait for that than this node has.
    /// </summary>
    /// <param name="group">It.</param>
    /// <param name="isNamed">The other node has said so.</param>
    public void End(GroupId group, bool isNamed)
    {
        Count--;
        Invariant.Holds(Count >= 0, "more groups end their rest than rest");
        if (!isNamed || !Planted.Is(PlantedBug.RestNamedNotLetGo))
            _letGo.Add(group.Value);
    }

    /// <summary>Whether the other node is still to be told that it rests no more.</summary>
    public bool IsToLetGo(GroupId group) => _letGo.Contains(group.Value);

    /// <summary>The next frame, if there is anything to say.</summary>
    public void Send(SendHeartbeats send)
    {
        if (Count == 0 && _letGo.Count == 0 && !_isWanted)
            return;
        int named = Math.Min(_letGo.Count, RestFrame.MostLetGo);
        ReadOnlySpan<byte> lines = _lines.AsSpan(0, _offers * HeartbeatLines.LineBytes);
        int size = RestFrame.HeadBytes + (named * sizeof(long)) + lines.Length;
        if (_frame.Length < size)
            _frame = new byte[size];
        int used = RestFrame.Write(_frame, _epoch, ++_number, CollectionsMarshal.AsSpan(_letGo)[..named], _offers);
        lines.CopyTo(_frame.AsSpan(used));
        _letGo.RemoveRange(0, named);
        _offers = 0;
        _isWanted = false;
        if (Planted.Is(PlantedBug.RestNotConfirmed))
            Volatile.Write(ref _confirmed, _number);
        send(node, HeartbeatFrameKind.Rest, _frame.AsSpan(0, size));
    }

    /// <summary>
    /// An answer of this epoch has come; false: what it says cannot be made sense of, and the epoch must end.
    /// </summary>
    public bool TryTake(in RestAnswer answer, long now)
    {
        // Says no number: the other node has kept nothing of the epoch.
        if (answer.IsLost)
            return false;
        // Overtaken by another.
        if (answer.Number < _confirmed)
            return true;
        _named += answer.Ids.Length / sizeof(long);
        if ((answer.Named != _named && !Planted.Is(PlantedBug.RestNamesNotCounted)) || answer.Number > _number)
            return false;
        Volatile.Write(ref _confirmed, answer.Number);
        Volatile.Write(ref _answeredAt, now);
        return true;
    }

    /// <summary>Whether an answer is of what goes on now.</summary>
    public bool IsCurrent(in RestAnswer answer) => answer.Epoch == _epoch;

    /// <summary>Begins anew; no slot rests with this any more.</summary>
    public void Restart()
    {
        _epoch = NewEpoch();
        _number = _named = 0;
        _offers = 0;
        _letGo.Clear();
        Count = 0;
        Volatile.Write(ref _confirmed, 0);
    }

    // Told from those of other processes of the node.
    private static long NewEpoch() => Planted.Is(PlantedBug.RestEpochRepeated)
        ? 1
        : BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
}
