using Warren.Broker.Definitions;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Topology;

namespace Warren.Broker.Tests.Cluster;

/// <summary>What must hold of all nodes at every step, whatever happens.</summary>
internal sealed class ClusterTruth
{
    private readonly Dictionary<long, (string Node, string Text)> _texts = [];
    private readonly Dictionary<long, string> _names = [];

    /// <summary>Of a node none of whose turns is under way.</summary>
    public void Check(SimulatedNode node)
    {
        MessageBroker broker = node.Broker!;
        long applied = node.Store.State.LastIndex;
        string text = TextOf(broker);
        if (_texts.TryGetValue(applied, out (string Node, string Text) other))
        {
            if (other.Text != text)
            {
                throw new InvalidOperationException(
                    $"at entry {applied} {node.Name} and {other.Node} differ:\n"
                    + string.Join('\n', text.Split('\n').Except(other.Text.Split('\n')).Select(line => "+ " + line)
                        .Concat(other.Text.Split('\n').Except(text.Split('\n')).Select(line => "- " + line))));
            }
        }
        else
        {
            _texts.Add(applied, (node.Name, text));
        }
        node.Told?.Check();
        foreach (QueueDefinition queue in broker.AllQueues())
            Check(node, broker.Nodes, queue);
    }

    private void Check(SimulatedNode node, NodesSnapshot nodes, QueueDefinition queue)
    {
        string name = $"{queue.Vhost} {queue.Name} {queue.OwnerSession} {queue.OwnerConnectionId}";
        if (_names.TryGetValue(queue.Id.Value, out string? known) && known != name)
            throw new InvalidOperationException($"{node.Name}: the id {queue.Id} is given to {known} and to {name}");
        _names[queue.Id.Value] = name;
        if (!queue.SurvivesRestart && !nodes.IsOpen(queue.OwnerSession))
            throw new InvalidOperationException($"{node.Name}: {name} has outlived the session of its owner");
    }

    private static string TextOf(MessageBroker broker)
    {
        var lines = new List<string> { DefinitionsText.Of(broker) };
        foreach (QueueDefinition queue in broker.AllQueues())
            lines.Add($"any queue {queue.Id.Value} {queue.Vhost} {queue.Name} {queue.OwnerSession}");
        foreach ((string name, Vhost vhost) in broker.Topology.Vhosts)
        {
            foreach ((string exchange, _) in vhost.Exchanges)
                lines.Add($"any exchange {name} {exchange}");
            lines.AddRange(vhost.AllBindings().Select(binding => $"any binding {name} {binding}"));
        }
        foreach (NodeSession session in broker.Nodes.Sessions.Values)
            lines.Add($"{session}");
        lines.AddRange(broker.Nodes.Members.Values.Select(member => $"{member}"));
        lines.Add($"incarnation {broker.Nodes.Incarnation}");
        lines.AddRange(broker.Definitions.State.Numbers.Select(number => $"{number}").Order(StringComparer.Ordinal));
        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }
}
