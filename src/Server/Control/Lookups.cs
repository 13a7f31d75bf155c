using Warren.Broker;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Server.Control;

/// <summary>Finding what a command names, or saying that it is not there.</summary>
internal static class Lookups
{
    /// <exception cref="ControlRefusalException">The broker is stopped.</exception>
    public static Node RequireNode(this NodeHost host) => host.Node ?? throw (host.Cluster?.Waiting is { } waiting
        ? ControlRefusalException.Because($"{host.Options.Places.NodeName} is starting: {waiting}")
        : new ControlRefusalException(ControlRefusalException.AppStoppedKind, "the broker is stopped"));

    /// <summary>
    /// The node, once it has what all nodes have: before that, what it knows of definitions is of an earlier time.
    /// </summary>
    /// <exception cref="ControlRefusalException">The broker is stopped, or waits for other nodes.</exception>
    public static Node RequireServing(this NodeHost host)
    {
        Node node = host.RequireNode();
        return node.Serving.IsCompletedSuccessfully
            ? node
            : throw ControlRefusalException.Because(
                $"{host.Options.Places.NodeName} is starting: {host.Cluster?.Waiting ?? "waiting for other nodes"}");
    }

    /// <summary>The member of the cluster that is called so; none: there is none.</summary>
    public static NodeId FindMember(this MessageBroker broker, string name) =>
        broker.Cluster.Status.Members.FirstOrDefault(member => member.Name == name)?.Node ?? NodeId.None;

    /// <summary>What a member of the cluster is called; empty: it is none, or nobody has told yet.</summary>
    public static string NameOfMember(this MessageBroker broker, NodeId node) =>
        broker.Cluster.Status.Members.FirstOrDefault(member => member.Node == node)?.Name ?? "";

    /// <exception cref="ControlRefusalException">There is none.</exception>
    public static Vhost FindVhost(this MessageBroker broker, string name) =>
        broker.Topology.Vhosts.TryGetValue(name, out Vhost? vhost)
            ? vhost
            : throw new ControlRefusalException(
                ControlRefusalException.NoSuchVhostKind, $"Virtual host '{name}' does not exist");

    /// <exception cref="ControlRefusalException">There is none.</exception>
    public static QueueDefinition FindQueue(this MessageBroker broker, string vhost, string name) =>
        broker.FindVhost(vhost).Queues.TryGetValue(name, out QueueDefinition? queue)
            ? queue
            : throw new ControlRefusalException(ControlRefusalException.NotFoundKind, "not_found");
}
