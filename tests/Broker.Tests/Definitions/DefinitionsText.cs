using System.Globalization;
using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Tests.Definitions;

/// <summary>All that must survive a restart, to the last property, as lines in one order.</summary>
internal static class DefinitionsText
{
    public static string Of(MessageBroker broker)
    {
        var lines = new List<string>();
        foreach ((string name, Vhost vhost) in broker.Topology.Vhosts)
        {
            lines.Add(
                $"vhost {name}: {vhost.DefaultQueueType ?? "-"} {broker.Security.LimitsOf(name)} "
                + $"{vhost.Description} {string.Join(',', vhost.Tags)}");
            AddPolicies(vhost, lines);
            AddTopology(vhost, lines);
        }
        foreach (UserAccess access in broker.Security.Users)
            AddUser(access, lines);
        foreach ((string name, FieldValue value) in broker.Topology.GlobalParameters)
            lines.Add($"global {name}: {value}");
        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    private static void AddPolicies(Vhost vhost, List<string> lines)
    {
        foreach (Policy policy in vhost.Policies.All(isOperators: false))
            lines.Add($"policy {vhost.Name} {policy}");
        foreach (Policy policy in vhost.Policies.All(isOperators: true))
            lines.Add($"operator policy {vhost.Name} {policy}");
        foreach ((ParameterName name, FieldValue value) in vhost.Parameters)
            lines.Add($"parameter {vhost.Name} {name}: {value}");
    }

    private static void AddTopology(Vhost vhost, List<string> lines)
    {
        foreach ((string name, Exchange exchange) in vhost.Exchanges)
        {
            if (exchange.Durable)
            {
                lines.Add(
                    $"exchange {vhost.Name} {name}: {exchange.Type} {exchange.AutoDelete} {exchange.Internal} "
                    + $"{exchange.AlternateExchange} {Hex(exchange.Arguments)}");
            }
        }
        foreach ((string name, QueueDefinition queue) in vhost.Queues)
        {
            if (queue.SurvivesRestart)
            {
                lines.Add(
                    $"queue {vhost.Name} {name}: {queue.Id.Value} {queue.Type} {queue.AutoDelete} "
                    + $"{queue.Home.Settings} {MembersOf(queue)} " + Hex(queue.Arguments));
            }
        }
        foreach (Binding binding in vhost.AllBindings().Where(each => each.Source.Length > 0))
        {
            if (IsDurable(vhost, binding))
                lines.Add($"binding {vhost.Name} {binding} {Hex(binding.Arguments)} {binding.Queue?.Id.Value}");
        }
    }

    private static string MembersOf(QueueDefinition queue) =>
        queue.IsReplicated ? $"{queue.HomeNode} of {string.Join(',', queue.Members)}" : "";

    private static bool IsDurable(Vhost vhost, Binding binding) =>
        ExchangeOf(vhost, binding.Source).Durable
        && (binding.DestinationKind == DestinationKind.Exchange
            ? ExchangeOf(vhost, binding.Destination).Durable
            : vhost.Queues.TryGetValue(binding.Destination, out QueueDefinition? queue) && queue.SurvivesRestart);

    private static Exchange ExchangeOf(Vhost vhost, string name) =>
        vhost.Exchanges.TryGetValue(name, out Exchange? exchange)
            ? exchange
            : throw new InvalidOperationException($"no exchange {name}");

    private static void AddUser(UserAccess access, List<string> lines)
    {
        User user = access.User;
        lines.Add(
            $"user {user.Name}: {user.PasswordHash.Hashing} {user.PasswordHash.ToBase64()} "
            + $"{string.Join(',', user.Tags)} {user.Limits}");
        foreach ((string vhost, VhostAccess rights) in access.Vhosts)
        {
            if (rights.Permission is { } permission)
                lines.Add($"permission {user.Name} {vhost}: {permission}");
            foreach ((string exchange, TopicPermission topic) in rights.Topics)
                lines.Add($"topic {user.Name} {vhost} {exchange}: {topic.WriteText} {topic.ReadText}");
        }
    }

    private static string Hex(FieldTable table)
    {
        byte[] bytes = new byte[table.EncodedSizeBytes];
        new WireWriter(bytes).WriteTable(table);
        // A megabyte of arguments is told apart as well by its size and end.
        string hex = Convert.ToHexString(bytes);
        return hex.Length < 10_000 ? hex : string.Create(CultureInfo.InvariantCulture, $"{hex.Length} {hex[^5_000..]}");
    }
}
