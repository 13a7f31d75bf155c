using Warren.Cluster;
using Warren.Cluster.Consensus.Messages;

namespace Warren.Broker.Queues.Replicated;

/// <summary>What a node has sent to a member: a message of consensus, or only that it has.</summary>
internal sealed record GroupLetter(NodeId From, RaftMessage? Message);
