using System.Collections.Frozen;

namespace Warren.Server.Configuration;

/// <summary>
/// The names that may stand in <c>enabled_plugins</c>, what each brings along, and the file's text. Pure, and compiled
/// into the command line tools too, which change the file of a node that does not run.
/// </summary>
internal static class PluginNames
{
    private static readonly FrozenSet<string> BuiltIn = FrozenSet.ToFrozenSet(
    [
        "rabbitmq_consistent_hash_exchange", "rabbitmq_random_exchange", "rabbitmq_delayed_message_exchange",
        "rabbitmq_auth_mechanism_ssl",
    ]);

    private static readonly FrozenSet<string> Others = FrozenSet.ToFrozenSet(
    [
        "rabbitmq_amqp1_0", "rabbitmq_auth_backend_cache", "rabbitmq_auth_backend_http",
        "rabbitmq_auth_backend_ldap", "rabbitmq_auth_backend_oauth2", "rabbitmq_event_exchange",
        "rabbitmq_federation", "rabbitmq_federation_management", "rabbitmq_federation_prometheus",
        "rabbitmq_jms_topic_exchange", "rabbitmq_management", "rabbitmq_management_agent",
        "rabbitmq_message_deduplication", "rabbitmq_message_timestamp", "rabbitmq_mqtt", "rabbitmq_peer_discovery_aws",
        "rabbitmq_peer_discovery_common", "rabbitmq_peer_discovery_consul", "rabbitmq_peer_discovery_etcd",
        "rabbitmq_peer_discovery_k8s", "rabbitmq_prometheus", "rabbitmq_recent_history_exchange",
        "rabbitmq_sharding", "rabbitmq_shovel", "rabbitmq_shovel_management", "rabbitmq_shovel_prometheus",
        "rabbitmq_stomp", "rabbitmq_stream", "rabbitmq_stream_common", "rabbitmq_stream_management", "rabbitmq_top",
        "rabbitmq_tracing", "rabbitmq_trust_store", "rabbitmq_web_dispatch", "rabbitmq_web_mqtt",
        "rabbitmq_web_mqtt_examples", "rabbitmq_web_stomp", "rabbitmq_web_stomp_examples",
    ]);

    // Which brings which; what these bring comes along too.
    private static readonly Dictionary<string, string[]> Needs = new()
    {
        ["rabbitmq_management"] = ["rabbitmq_management_agent", "rabbitmq_web_dispatch"],
        ["rabbitmq_prometheus"] = ["rabbitmq_management_agent", "rabbitmq_web_dispatch"],
        ["rabbitmq_top"] = ["rabbitmq_management"],
        ["rabbitmq_tracing"] = ["rabbitmq_management"],
        ["rabbitmq_federation_management"] = ["rabbitmq_federation", "rabbitmq_management"],
        ["rabbitmq_shovel_management"] = ["rabbitmq_shovel", "rabbitmq_management"],
        ["rabbitmq_stream_management"] = ["rabbitmq_stream", "rabbitmq_management"],
        ["rabbitmq_web_mqtt"] = ["rabbitmq_mqtt", "rabbitmq_web_dispatch"],
        ["rabbitmq_web_stomp"] = ["rabbitmq_stomp", "rabbitmq_web_dispatch"],
    };

    /// <summary>Every name that is known, in order.</summary>
    public static IReadOnlyList<string> All { get; } = [.. BuiltIn.Concat(Others).Order(StringComparer.Ordinal)];

    public static bool IsKnown(string name) => BuiltIn.Contains(name) || Others.Contains(name);

    /// <summary>Whether Warren does what the name stands for.</summary>
    public static bool IsBuiltIn(string name) => BuiltIn.Contains(name);

    /// <summary>What a name brings along at once.</summary>
    public static IReadOnlyList<string> NeededBy(string name) => Needs.GetValueOrDefault(name) ?? [];

    /// <summary>What the names bring along, directly or not.</summary>
    public static IReadOnlySet<string> Brought(IEnumerable<string> names)
    {
        var brought = new HashSet<string>();
        foreach (string name in names)
            Bring(name, brought);
        return brought;
    }

    /// <summary>The names in the file's order; null: what is wrong is in <paramref name="problem"/>.</summary>
    public static IReadOnlyList<string>? Parse(string text, out string problem)
    {
        problem = "";
        string withoutComments = string.Join('\n', text.Split('\n').Select(line => line.Split('%')[0]));
        string list = withoutComments.Trim();
        if (list is not ['[', .., '.'] || list[..^1].TrimEnd() is not ['[', .., ']'] bracketed)
        {
            problem = $"expected a list that ends with a full stop, such as [rabbitmq_management]. ; found \"{list}\"";
            return null;
        }
        if (bracketed[1..^1].Trim().Length == 0)
            return [];
        string[] names =
            [.. bracketed[1..^1].Split(',', StringSplitOptions.TrimEntries).Select(name => name.Trim('\''))];
        foreach (string name in names)
        {
            if (name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'))
                continue;
            problem = $"expected names parted by commas; found \"{name}\"";
            return null;
        }
        return names;
    }

    /// <summary>The file's text.</summary>
    public static string Write(IEnumerable<string> names) => $"[{string.Join(',', names)}].\n";

    private static void Bring(string plugin, HashSet<string> brought)
    {
        foreach (string needed in NeededBy(plugin))
        {
            if (brought.Add(needed))
                Bring(needed, brought);
        }
    }
}
