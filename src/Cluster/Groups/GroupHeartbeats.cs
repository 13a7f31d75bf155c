using System.Buffers.Binary;
using System.Collections.Concurrent;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Links;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// The heartbeats of all of a node's groups: to each other node one frame with a line a group, and one back. What is
/// idle is done here, from what the groups' turns have published (<see cref="HeartbeatSlot"/>); no turn is disturbed.
/// <para>Groups that have nothing new for a while rest: one short frame a beat says of all of them that nothing has
/// changed, and none of them is walked. So beats and ticks cost what the groups that do something cost.</para>
/// <para>A node has one. Whoever has its timer calls <see cref="Beat"/> every 250 ms and <see cref="Tick"/> every 100;
/// links call <see cref="Receive"/> on their own threads.</para>
/// </summary>
/// <param name="options">Of all groups.</param>
/// <param name="send">Takes a frame to a node, or loses it. Must not call back.</param>
/// <param name="hasten">
/// Called, on any thread, when <see cref="BeatHasty"/> should come without waiting: somebody waits for a read barrier.
/// Must not call back.
/// </param>
public sealed class GroupHeartbeats(RaftOptions options, SendHeartbeats send, Action hasten)
{
    /// <summary>
    /// Groups of one lost leader that may campaign in the same tick: each sends a few small messages and waits for two
    /// syncs, which all share.
    /// </summary>
    private const int CampaignsATick = 500;

    private readonly ConcurrentDictionary<long, HeartbeatSlot> _byId = new();
    private readonly List<HeartbeatSlot> _slots = [];
    private readonly List<HeartbeatSlot> _hasty = [];
    // Those that are walked, and those that are to be from the next walk on.
    private readonly List<HeartbeatSlot> _active = [];
    private readonly List<HeartbeatSlot> _activated = [];
    private readonly Dictionary<NodeId, LedRest> _led = [];
    private readonly Dictionary<NodeId, FollowedRest> _followed = [];
    private readonly HeartbeatBatches _batches = new();
    private readonly HeartbeatBatches _answers = new();
    // Of what walks through the slots and fills batches.
    private readonly Lock _walking = new();
    // Of answers, of who is in a hurry or was activated, and of who has left. Taken before a slot's.
    private readonly Lock _lock = new();
    private long _now;

    /// <summary>Ticks so far.</summary>
    internal long Now => Volatile.Read(ref _now);

    /// <inheritdoc cref="RaftOptions.BeatsUntilRest"/>
    internal int BeatsUntilRest => options.BeatsUntilRest;

    /// <summary>Takes a group in, by the start of its owner.</summary>
    /// <param name="id">The group.</param>
    /// <param name="wake">
    /// Called, on any thread, when the group's turn should call <see cref="RaftGroup.TakeHeartbeats"/> and <see
    /// cref="RaftGroup.Flush"/>.
    /// </param>
    public HeartbeatSlot Register(GroupId id, Action wake)
    {
        var slot = new HeartbeatSlot(this, id, options, wake);
        bool isNew = _byId.TryAdd(id.Value, slot);
        Invariant.Holds(isNew, "a group is registered twice");
        lock (_walking)
        {
            slot.Place = _slots.Count;
            _slots.Add(slot);
            _active.Add(slot);
        }
        return slot;
    }

    /// <summary>The group is gone from this node.</summary>
    public void Remove(HeartbeatSlot slot)
    {
        _byId.TryRemove(slot.Id.Value, out _);
        lock (_walking)
        {
            HeartbeatSlot last = _slots[^1];
            _slots[slot.Place] = last;
            last.Place = slot.Place;
            _slots.RemoveAt(_slots.Count - 1);
            // Now, not with the next walk: what ends until then walks through those that are here.
            slot.Retire();
        }
    }

    /// <summary>Sends each node a line for every group that is led here and has a member there.</summary>
    public void Beat()
    {
        lock (_walking)
            BeatActive();
    }

    /// <summary>As <see cref="Beat"/>, for the groups that asked for it.</summary>
    public void BeatHasty()
    {
        lock (_walking)
        {
            lock (_lock)
            {
                foreach (HeartbeatSlot slot in _hasty)
                {
                    slot.IsHasty = false;
                    slot.Beat(_batches);
                }
                _hasty.Clear();
            }
            _batches.Send(HeartbeatFrameKind.Heartbeats, send);
        }
    }

    /// <summary>A tick of the time in which elections are counted; late answers go.</summary>
    public void Tick()
    {
        lock (_walking)
        {
            long now = Now + 1;
            Volatile.Write(ref _now, now);
            EndSilent(now);
            TakeActivated();
            foreach (HeartbeatSlot slot in _active)
                slot.Tick(now);
            lock (_lock)
            {
                _answers.Send(HeartbeatFrameKind.Answers, send);
                foreach (FollowedRest rest in _followed.Values)
                    rest.Send(send);
            }
        }
    }

    /// <summary>
    /// The link with a node has ended here: the groups that it leads look for another leader soon, and not all at once.
    /// <para>For every group, the definitions' too: whatever a member may do without asking, such as serving by a lease
    /// of the definitions, must rest on what a majority has said in the leader's term, and on how long a later leader
    /// waits, never on how long an election takes.</para>
    /// </summary>
    /// <param name="peer">Who.</param>
    /// <param name="end">What is known of it by that.</param>
    public void PeerGone(NodeId peer, LinkEnd end)
    {
        lock (_walking)
        {
            Restart(RestOf(peer));
            End(UnderOf(peer));
            int led = 0;
            foreach (HeartbeatSlot slot in _slots)
                led += slot.Follows(peer) ? 1 : 0;
            foreach (HeartbeatSlot slot in _slots)
                slot.PeerGone(peer, isCertain: end != LinkEnd.Lost, 1 + (led / CampaignsATick));
        }
    }

    /// <summary>
    /// A frame has come; false if it is none. Lines of groups that are not here are passed over: the group may be on
    /// its way in, or out.
    /// </summary>
    public bool Receive(NodeId from, HeartbeatFrameKind kind, ReadOnlySpan<byte> lines) => kind switch
    {
        HeartbeatFrameKind.Heartbeats => ReceiveHeartbeats(from, lines),
        HeartbeatFrameKind.Answers => ReceiveAnswers(from, lines),
        HeartbeatFrameKind.Rest => TakeRest(from, lines),
        _ => TakeRestAnswer(from, lines),
    };

    /// <summary>Groups that are walked; the others rest. For tests.</summary>
    internal GroupId[] Active
    {
        get
        {
            lock (_walking)
            {
                TakeActivated();
                return [.. _active.Select(static slot => slot.Id)];
            }
        }
    }

    /// <summary>How many they are.</summary>
    internal int ActiveCount => Active.Length;

    /// <summary>It is walked from now on. From any thread, under no lock of a slot.</summary>
    internal void Activate(HeartbeatSlot slot)
    {
        lock (_lock)
            _activated.Add(slot);
    }

    /// <summary>It does not rest any more: the leader's node hears of that with the next answer.</summary>
    internal void NoteLeft(FollowedRest rest, GroupId group)
    {
        lock (_lock)
            rest.Left(group);
    }

    internal void Hasten(HeartbeatSlot slot)
    {
        lock (_lock)
        {
            if (slot.IsHasty)
                return;
            slot.IsHasty = true;
            _hasty.Add(slot);
            if (_hasty.Count > 1)
                return;
        }
        hasten();
    }

    /// <summary>What groups that are led here rest with on another node. For walks.</summary>
    internal LedRest RestOf(NodeId node)
    {
        if (!_led.TryGetValue(node, out LedRest? rest))
            _led.Add(node, rest = new LedRest(node, HeartbeatSlot.CheckTicks(options)));
        return rest;
    }

    /// <summary>What groups rest with here that another node leads. For walks.</summary>
    internal FollowedRest UnderOf(NodeId node)
    {
        if (!_followed.TryGetValue(node, out FollowedRest? rest))
            _followed.Add(node, rest = new FollowedRest(node));
        return rest;
    }

    /// <summary>A turn has answered what could not be answered without it.</summary>
    internal void Answer(NodeId to, GroupId group, in HeartbeatAnswer answer)
    {
        lock (_lock)
            _answers.Of(to).Add(group, answer);
    }

    private void BeatActive()
    {
        TakeActivated();
        int kept = 0;
        for (int place = 0; place < _active.Count; place++)
        {
            if (_active[place].BeatOrRest(_batches))
                _active[kept++] = _active[place];
        }
        _active.RemoveRange(kept, _active.Count - kept);
        _batches.Send(HeartbeatFrameKind.Heartbeats, send);
        foreach (LedRest rest in _led.Values)
            rest.Send(send);
    }

    private void TakeActivated()
    {
        lock (_lock)
        {
            _active.AddRange(_activated);
            _activated.Clear();
        }
    }

    // Whoever rests with a node of which nothing comes looks after itself from now on.
    private void EndSilent(long now)
    {
        foreach (LedRest rest in _led.Values)
        {
            if (rest.Count > 0 && now - rest.AnsweredAt >= HeartbeatSlot.CheckTicks(options))
                Restart(rest);
        }
        foreach (FollowedRest rest in _followed.Values)
        {
            if (rest.IsOpen && now - rest.HeardAt >= HeartbeatSlot.CheckTicks(options)
                && !Planted.Is(PlantedBug.RestInSilence))
                End(rest);
        }
    }

    private void Restart(LedRest rest)
    {
        if (rest.Count > 0)
        {
            foreach (HeartbeatSlot slot in _slots)
                slot.EndRest(rest);
        }
        rest.Restart();
    }

    private void End(FollowedRest rest)
    {
        if (!rest.IsOpen)
            return;
        EndSlots(rest);
        lock (_lock)
            rest.Close();
    }

    private void EndSlots(FollowedRest rest)
    {
        if (!rest.HasRested)
            return;
        rest.HasRested = false;
        foreach (HeartbeatSlot slot in _slots)
            slot.EndUnder(rest);
    }

    private void Lose(FollowedRest rest, long epoch)
    {
        EndSlots(rest);
        lock (_lock)
            rest.Lose(epoch);
    }

    private bool TakeRest(NodeId from, ReadOnlySpan<byte> bytes)
    {
        if (!RestFrame.TryRead(bytes, out RestFrame frame))
            return false;
        lock (_walking)
        {
            FollowedRest rest = UnderOf(from);
            if (!rest.IsOfEpoch(frame.Epoch, frame.Number))
                EndSlots(rest);
            bool isTaken;
            lock (_lock)
                isTaken = rest.TryTake(frame.Epoch, frame.Number, Now);
            if (isTaken)
                Take(rest, frame);
        }
        return true;
    }

    private void Take(FollowedRest rest, in RestFrame frame)
    {
        for (int place = 0; place < frame.LetGo.Length / sizeof(long); place++)
        {
            if (_byId.TryGetValue(RestFrame.IdAt(frame.LetGo, place).Value, out HeartbeatSlot? slot))
                slot.EndUnder(rest);
        }
        int lines = frame.Lines.Length / HeartbeatLines.LineBytes;
        for (int place = 0; place < lines && rest.HasAnswered; place++)
        {
            RestFrame.TryLineAt(frame.Lines, place, out GroupId group, out Heartbeat line);
            if (_byId.TryGetValue(group.Value, out HeartbeatSlot? slot) && slot.TryRest(rest, line))
                rest.HasRested = true;
            else if (!Planted.Is(PlantedBug.RestRefusalNotNamed))
                NoteLeft(rest, group);
        }
        // Else epochs that begin again and again with groups that rest would cost a walk each.
        bool isTooSoon = lines > 0 && !rest.HasAnswered;
        if (isTooSoon || rest.IsOverfull)
            Lose(rest, frame.Epoch);
    }

    private bool TakeRestAnswer(NodeId from, ReadOnlySpan<byte> bytes)
    {
        if (!RestAnswer.TryRead(bytes, out RestAnswer answer))
            return false;
        lock (_walking)
        {
            LedRest rest = RestOf(from);
            if (!rest.IsCurrent(answer))
                return true;
            if (!rest.TryTake(answer, Now))
            {
                bool hasRested = rest.Count > 0;
                Restart(rest);
                // Its followers have heard nothing since a frame was lost.
                if (hasRested)
                    BeatActive();
                return true;
            }
            for (int place = 0; place < answer.Ids.Length / sizeof(long); place++)
            {
                GroupId group = RestFrame.IdAt(answer.Ids, place);
                if (_byId.TryGetValue(group.Value, out HeartbeatSlot? slot) && slot.EndRest(rest))
                    rest.End(group, isNamed: true);
            }
        }
        return true;
    }

    private bool ReceiveHeartbeats(NodeId from, ReadOnlySpan<byte> lines)
    {
        if (lines.Length % HeartbeatLines.LineBytes != 0)
            return false;
        lock (_lock)
        {
            HeartbeatLines answers = _answers.Of(from);
            for (; !lines.IsEmpty; lines = lines[HeartbeatLines.LineBytes..])
            {
                if (!HeartbeatFormat.TryRead(lines[8..HeartbeatLines.LineBytes], out Heartbeat heartbeat))
                    return false;
                var group = new GroupId(BinaryPrimitives.ReadInt64LittleEndian(lines));
                if (_byId.TryGetValue(group.Value, out HeartbeatSlot? slot)
                    && slot.TryAnswer(from, heartbeat, out HeartbeatAnswer answer))
                    answers.Add(group, answer);
            }
            answers.Send(from, HeartbeatFrameKind.Answers, send);
        }
        return true;
    }

    private bool ReceiveAnswers(NodeId from, ReadOnlySpan<byte> lines)
    {
        if (lines.Length % HeartbeatLines.AnswerBytes != 0)
            return false;
        for (; !lines.IsEmpty; lines = lines[HeartbeatLines.AnswerBytes..])
        {
            if (!HeartbeatFormat.TryRead(lines[8..HeartbeatLines.AnswerBytes], out HeartbeatAnswer answer))
                return false;
            if (_byId.TryGetValue(BinaryPrimitives.ReadInt64LittleEndian(lines), out HeartbeatSlot? slot))
                slot.Take(from, answer);
        }
        return true;
    }
}
