using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;

namespace Warren.Cluster.Tests.Groups;

/// <summary>Keeps what comes for a group.</summary>
internal sealed class ReceivingMember : IGroupMember
{
    public List<RaftMessage> Messages { get; } = [];

    /// <summary>Of appends: the index before each, in the order of arrival.</summary>
    public long[] Previous => [.. Messages.OfType<AppendRequest>().Select(append => append.PreviousIndex.Value)];

    public void Receive(NodeId from, RaftMessage message) => Messages.Add(message);

    /// <summary>How often its turn was called for.</summary>
    public int Wakes { get; private set; }

    public void Wake() => Wakes++;
}
