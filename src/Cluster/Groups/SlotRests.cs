using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>With whom a group rests that is led here. Under the lock of its <see cref="HeartbeatSlot"/>.</summary>
internal sealed class SlotRests
{
    private readonly List<SlotRest> _rests = new(0);

    public int Count => _rests.Count;

    public SlotRest this[int place] => _rests[place];

    /// <summary>Its place; below 0: it does not rest with that one.</summary>
    public int Find(NodeId node)
    {
        int place = _rests.Count - 1;
        while (place >= 0 && _rests[place].With.Node != node)
            place--;
        return place;
    }

    /// <summary>The tick at which a member's node has answered for it last; 0: it does not rest with it.</summary>
    public long AnsweredAt(NodeId node)
    {
        int place = Find(node);
        return place >= 0 && _rests[place].IsConfirmed ? _rests[place].With.AnsweredAt : 0;
    }

    /// <summary>The turn hears whose node has answered after a tick.</summary>
    public void TellHeard(RaftNode node, long after)
    {
        foreach (SlotRest rest in _rests)
        {
            if (rest.IsConfirmed && rest.With.AnsweredAt > after)
                node.HearFollower(rest.With.Node);
        }
    }

    public void Offer(GroupId group, in Heartbeat line, LedRest with, long now)
    {
        long number = with.TryOffer(group, line, now);
        if (number > 0)
            _rests.Add(new SlotRest(with, line, number));
    }

    /// <summary>The member's node is told that it rests no more.</summary>
    public void End(int place, GroupId group)
    {
        _rests[place].With.End(group, isNamed: false);
        _rests.RemoveAt(place);
    }

    public void RemoveAt(int place) => _rests.RemoveAt(place);
}
