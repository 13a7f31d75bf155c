using System.Collections.Frozen;
using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>
/// Reads <c>enabled_plugins</c>, an Erlang list of names: <c>[rabbitmq_management,rabbitmq_prometheus].</c>
/// Warren has no plugins to load; the names say what the operator counts on. Pure.
/// </summary>
public static class EnabledPlugins
{
    private static readonly FrozenSet<string> BuiltIn = FrozenSet.ToFrozenSet(
    [
        "rabbitmq_consistent_hash_exchange", "rabbitmq_random_exchange", "rabbitmq_delayed_message_exchange",
        "rabbitmq_auth_mechanism_ssl",
    ]);

    private static readonly FrozenSet<string> Known = FrozenSet.ToFrozenSet(
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

    /// <summary>Every name that is known, in order.</summary>
    public static IReadOnlyList<string> All { get; } = [.. BuiltIn.Concat(Known).Order(StringComparer.Ordinal)];

    /// <summary>Whether Warren does what the name stands for.</summary>
    public static bool IsBuiltIn(string name) => BuiltIn.Contains(name);

    /// <summary>The names in the file's order.</summary>
    /// <exception cref="ConfigurationException">The text is not a list of names that ends with a full stop.</exception>
    public static IReadOnlyList<string> Parse(string file, string text)
    {
        var withoutComments = string.Join('\n', text.Split('\n').Select(line => line.Split('%')[0]));
        var list = withoutComments.Trim();
        if (list is not ['[', .., '.'] || list[..^1].TrimEnd() is not ['[', .., ']'] bracketed)
        {
            throw new ConfigurationException(
                file,
                1,
                $"expected a list that ends with a full stop, such as [rabbitmq_management]. ; found \"{list}\"");
        }

        if (bracketed[1..^1].Trim().Length == 0)
            return [];
        var names = bracketed[1..^1].Split(',', StringSplitOptions.TrimEntries).Select(n => n.Trim('\'')).ToList();
        foreach (var name in names)
        {
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                throw new ConfigurationException(file, 1, $"expected names parted by commas; found \"{name}\"");
        }

        return names;
    }

    /// <summary>A warning for a name whose function is not there; null when it is built in.</summary>
    public static ConfigurationNote? NoteOn(string source, string name)
    {
        if (BuiltIn.Contains(name))
            return null;
        return new ConfigurationNote(LogLevel.Warning, Known.Contains(name)
            ? $"{source}: {name} is accepted, but what it does is not built yet"
            : $"{source}: {name} is not known to Warren and does nothing; nearest known name: {Nearest(name)}");
    }

    private static string Nearest(string name) =>
        BuiltIn.Concat(Known).MinBy(known => EditDistance.Between(name, known))!;
}
