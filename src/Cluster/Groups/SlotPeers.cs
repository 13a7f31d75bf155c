using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// The other members of a group that is led here; none of any other. Under the lock of its <see cref="HeartbeatSlot"/>.
/// </summary>
internal sealed class SlotPeers
{
    private SlotPeer[] _peers = [];

    public int Count { get; private set; }

    public ref SlotPeer this[int place] => ref _peers[place];

    /// <summary>All were heard since that was forgotten.</summary>
    public bool AreAllHeard
    {
        get
        {
            for (int place = 0; place < Count; place++)
            {
                if (!_peers[place].IsHeard)
                    return false;
            }
            return true;
        }
    }

    /// <summary>So many that they are a majority with this member; learners are counted as if they voted.</summary>
    public bool IsMajorityHeard
    {
        get
        {
            int heard = 1;
            for (int place = 0; place < Count; place++)
                heard += _peers[place].IsHeard ? 1 : 0;
            return heard > (Count + 1) / 2;
        }
    }

    /// <summary>The group's turn says who they are, and how they stand.</summary>
    public void Publish(RaftNode node)
    {
        Count = 0;
        if (!node.IsLeader)
            return;
        foreach (Progress progress in node.Replication.Others)
        {
            if (_peers.Length == Count)
                Array.Resize(ref _peers, Count == 0 ? node.Replication.Others.Count : Count * 2);
            _peers[Count] = _peers[Count].Next(node, progress);
            Count++;
        }
    }

    /// <summary>Its place; below 0: it is no member.</summary>
    public int Find(NodeId node)
    {
        int place = Count - 1;
        while (place >= 0 && _peers[place].Id != node)
            place--;
        return place;
    }

    public void ForgetHeard()
    {
        for (int place = 0; place < Count; place++)
            _peers[place].IsHeard = false;
    }

    /// <summary>What has been the same for a while counts from now on again.</summary>
    public void ForgetSteady()
    {
        for (int place = 0; place < Count; place++)
            _peers[place].SameBeats = 0;
    }

    /// <summary>The turn hears who was heard.</summary>
    public void TellHeard(RaftNode node, bool areAll)
    {
        for (int place = 0; place < Count; place++)
        {
            if (areAll || _peers[place].IsHeard)
                node.HearFollower(_peers[place].Id);
        }
    }
}
