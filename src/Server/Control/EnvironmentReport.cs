using System.Text.Json;
using Warren.Broker;

namespace Warren.Server.Control;

/// <summary>What <c>environment</c> tells: what files, variables and defaults came to, by RabbitMQ's keys.</summary>
internal static class EnvironmentReport
{
    public static void Write(Utf8JsonWriter json, NodeHost host)
    {
        BrokerOptions broker = host.Options.Broker;
        json.WriteString("cluster_name", broker.ClusterName ?? host.Options.Places.NodeName);
        json.WriteNumber("heartbeat", broker.HeartbeatSeconds);
        json.WriteNumber("frame_max", broker.FrameMaxBytes);
        json.WriteNumber("initial_frame_max", broker.InitialFrameMaxBytes);
        json.WriteNumber("channel_max", broker.ChannelMax);
        json.WriteNumber("handshake_timeout", broker.HandshakeTimeoutMs);
        json.WriteNumber("max_message_size", broker.MaxMessageSizeBytes);
        Optional(json, "connection_max", broker.ConnectionMax);
        Optional(json, "channel_max_per_node", broker.ChannelMaxPerNode);
        Optional(json, "consumer_max_per_channel", broker.ConsumerMaxPerChannel);
        Optional(json, "consumer_timeout", broker.ConsumerTimeoutMs);
        json.WriteString("default_queue_type", broker.DefaultQueueType);
        json.WriteString("default_user", broker.DefaultUser);
        json.WriteString("default_vhost", broker.DefaultVhost);
        Texts(json, "default_user_tags", broker.DefaultUserTags);
        Texts(json, "loopback_users", broker.LoopbackUsers);
        Texts(json, "auth_mechanisms", broker.AuthMechanisms);
        json.WriteString("ssl_cert_login_from", broker.CertificateLoginFrom);
        json.WriteNumber("vm_memory_high_watermark", broker.MemoryHighWatermark);
        Optional(json, "vm_memory_high_watermark_absolute", broker.MemoryHighWatermarkBytes);
        json.WriteNumber("vm_memory_high_watermark_paging_ratio", broker.MemoryPagingRatio);
        json.WriteNumber("disk_free_limit", broker.DiskFreeLimitBytes);
        json.WriteString("password_hashing_module", broker.PasswordHashing);
        json.WriteString("load_definitions", broker.DefinitionsPath ?? "");
        json.WriteString("data_dir", host.Options.Places.DataDirectory);
        json.WriteString("enabled_plugins_file", host.Options.Places.EnabledPluginsFile);
        json.WriteString("log_dir", host.Options.Places.LogDirectory);
        json.WriteBoolean("tcp_nodelay", host.Options.Tcp.NoDelay);
        json.WriteNumber("tcp_backlog", host.Options.Tcp.Backlog);
        json.WriteBoolean("proxy_protocol", host.Options.ProxyProtocol.IsEnabled);
    }

    private static void Optional(Utf8JsonWriter json, string name, long? value)
    {
        json.WritePropertyName(name);
        if (value is { } number)
            json.WriteNumberValue(number);
        else
            json.Atom("infinity");
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts.Order(StringComparer.Ordinal))
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
