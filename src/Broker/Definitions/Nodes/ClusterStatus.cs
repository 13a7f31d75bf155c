using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Storage;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>The definitions' group at one moment, as this node sees it.</summary>
/// <param name="Members">By identity.</param>
/// <param name="Leader">None: nobody is known to lead.</param>
/// <param name="Term">Of the leader.</param>
/// <param name="Applied">The last entry that this node has.</param>
/// <param name="IsSettled">All that this node has is applied by every node that serves and can be reached.</param>
/// <param name="IsServing">This node has a session.</param>
public sealed record ClusterStatus(
    ImmutableArray<ClusterMember> Members, NodeId Leader, Term Term, LogIndex Applied, bool IsSettled, bool IsServing);
