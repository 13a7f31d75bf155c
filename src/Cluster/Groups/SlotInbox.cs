using Warren.Cluster.Consensus.Messages;

namespace Warren.Cluster.Groups;

/// <summary>
/// Lines and answers that wait for a group's turn, of each node the latest. Under the lock of its <see
/// cref="HeartbeatSlot"/>.
/// </summary>
internal sealed class SlotInbox
{
    private static readonly List<(NodeId From, Heartbeat Heartbeat)> NoHeartbeats = [];
    private static readonly List<(NodeId From, HeartbeatAnswer Answer)> NoAnswers = [];

    private readonly List<(NodeId From, Heartbeat Heartbeat)> _heartbeats = new(0);
    private readonly List<(NodeId From, HeartbeatAnswer Answer)> _answers = new(0);

    /// <summary>A line that says more than the one before makes that one needless.</summary>
    public void Add(NodeId from, in Heartbeat heartbeat)
    {
        Forget(from);
        _heartbeats.Add((from, heartbeat));
    }

    /// <summary>An answer, of which the latest counts.</summary>
    public void Add(NodeId from, in HeartbeatAnswer answer)
    {
        Forget(_answers, from);
        _answers.Add((from, answer));
    }

    /// <summary>Lines of this node were of a time that is over.</summary>
    public void Forget(NodeId from) => Forget(_heartbeats, from);

    /// <summary>Hands out what there is; the lists are the caller's to read.</summary>
    public void TakeAll(
        out List<(NodeId From, Heartbeat Heartbeat)> heartbeats,
        out List<(NodeId From, HeartbeatAnswer Answer)> answers)
    {
        heartbeats = _heartbeats.Count > 0 ? [.. _heartbeats] : NoHeartbeats;
        answers = _answers.Count > 0 ? [.. _answers] : NoAnswers;
        _heartbeats.Clear();
        _answers.Clear();
    }

    private static void Forget<T>(List<(NodeId From, T)> waiting, NodeId from)
    {
        for (int place = waiting.Count - 1; place >= 0; place--)
        {
            if (waiting[place].From == from)
                waiting.RemoveAt(place);
        }
    }
}
