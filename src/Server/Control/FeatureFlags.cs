using System.Text.Json;

namespace Warren.Server.Control;

/// <summary>
/// RabbitMQ's feature flags, as far as they name something that a client or an operator can tell is there. A version of
/// Warren has what it has: a flag is enabled when this version does what it stands for, and unavailable when not.
/// </summary>
internal static class FeatureFlags
{
    private static readonly (string Name, bool IsBuilt, string Provider, string Description)[] All =
    [
        ("classic_mirrored_queue_version", true, "rabbit", "Support setting version for classic mirrored queues"),
        ("classic_queue_type_delivery_support", true, "rabbit", "Bug fix for classic queue deliveries"),
        ("direct_exchange_routing_v2", true, "rabbit", "v2 direct exchange routing implementation"),
        ("feature_flags_v2", true, "rabbit", "Feature flags subsystem V2"),
        ("implicit_default_bindings", true, "rabbit",
            "Default bindings are now implicit, instead of being stored in the database"),
        ("quorum_queue", true, "rabbit", "Support queues of type `quorum`"),
        ("stream_queue", false, "rabbit", "Support queues of type `stream`"),
        ("user_limits", true, "rabbit", "Configure connection and channel limits for a user"),
        ("virtual_host_metadata", true, "rabbit", "Virtual host metadata (description, tags, etc)"),
    ];

    private static readonly ColumnSet<(string Name, bool IsBuilt, string Provider, string Description)> Columns = new(
        ("name", (json, flag) => json.WriteStringValue(flag.Name)),
        ("state", (json, flag) => json.Atom(StateOf(flag.IsBuilt))),
        ("stability", (json, _) => json.Atom("stable")),
        ("provided_by", (json, flag) => json.Atom(flag.Provider)),
        ("desc", (json, flag) => json.WriteStringValue(flag.Description)),
        ("doc_url", (json, _) => json.WriteStringValue("")));

    public static async Task<Action<Utf8JsonWriter>?> ListAsync(ControlRequest request, ControlReply reply)
    {
        await Columns.WriteAsync(reply, All, request.Texts("columns")).ConfigureAwait(false);
        return null;
    }

    public static void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("feature_flags");
        foreach ((string name, bool isBuilt, string provider, string description) in All)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("desc", description);
            json.WriteString("doc_url", "");
            json.WriteString("provided_by", provider);
            json.WriteString("stability", "stable");
            json.WriteString("state", StateOf(isBuilt));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <exception cref="ControlRefusalException">It is unknown, or this version has not got it.</exception>
    public static void Enable(NodeHost host, string name)
    {
        if (name == "all" || Array.Exists(All, flag => flag.Name == name && flag.IsBuilt))
            return;
        throw new ControlRefusalException(
            ControlRefusalException.NotFoundKind,
            $"This feature flag is not supported by node {host.Options.Places.NodeName}");
    }

    private static string StateOf(bool isBuilt) => isBuilt ? "enabled" : "unavailable";
}
