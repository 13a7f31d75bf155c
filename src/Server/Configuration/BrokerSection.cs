using System.Collections.Immutable;
using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>
/// Reads the broker's part of the settings. Where environment and file speak of one thing, RabbitMQ's order holds.
/// </summary>
public static class BrokerSection
{
    private const int SmallestFrameMax = 4096;
    private const int LargestFrameMax = 1 << 30;

    private static readonly ImmutableArray<string> Mechanisms = ["PLAIN", "AMQPLAIN", "EXTERNAL", "ANONYMOUS"];

    /// <param name="settings">The checked files.</param>
    /// <param name="environment">Variables; those of the default user win over the files.</param>
    /// <param name="nodeName">With its host part.</param>
    /// <param name="notes">Takes what the operator should hear.</param>
    /// <exception cref="ConfigurationException">A value is of the right type and makes no sense.</exception>
    public static BrokerOptions Read(
        Settings settings, NodeEnvironment environment, string nodeName, ICollection<ConfigurationNote> notes)
    {
        var defaults = new BrokerOptions();
        var options = defaults with
        {
            NodeName = nodeName,
            ClusterName = settings.Text("cluster_name"),
            ProductName = environment.Find("PRODUCT_NAME") ?? settings.Text("product.name") ?? defaults.ProductName,
            ProductVersion =
                environment.Find("PRODUCT_VERSION") ?? settings.Text("product.version") ?? defaults.ProductVersion,
            DefaultQueueType = ReadQueueType(settings, defaults, notes),
            QueueLeaderLocator = ReadLocator(settings) ?? defaults.QueueLeaderLocator,
            QuorumInitialGroupSize =
                settings.Int("quorum_queue.initial_cluster_size") ?? defaults.QuorumInitialGroupSize,
            PasswordHashing = ReadHashing(settings, defaults),
            DefinitionsPath = settings.Text("load_definitions")
                ?? settings.Text("definitions.local.path")
                ?? settings.Text("management.load_definitions"),
            AuthMechanisms = ReadMechanisms(settings, defaults),
            CertificateLoginFrom = ReadLoginFrom(settings, defaults),
            CertificateLoginSanType = settings.Text("ssl_cert_login_san_type") ?? defaults.CertificateLoginSanType,
            CertificateLoginSanIndex = settings.Int("ssl_cert_login_san_index") ?? defaults.CertificateLoginSanIndex,
            MemoryHighWatermark = settings.Float("vm_memory_high_watermark.relative") ?? defaults.MemoryHighWatermark,
            MemoryHighWatermarkBytes = settings.Size("vm_memory_high_watermark.absolute"),
            MemoryPagingRatio =
                settings.Float("vm_memory_high_watermark_paging_ratio") ?? defaults.MemoryPagingRatio,
            TotalMemoryBytes = settings.Size("total_memory_available_override_value"),
            DiskFreeLimitBytes = settings.Size("disk_free_limit.absolute") ?? defaults.DiskFreeLimitBytes,
            DiskFreeLimit = settings.Float("disk_free_limit.relative"),
        };
        NoteOtherBackends(settings, notes);
        options = MembershipSection.Read(WithLimits(options, settings), settings, notes);
        return WithUsers(options, settings, environment);
    }

    private static BrokerOptions WithLimits(BrokerOptions options, Settings settings) => options with
    {
        HeartbeatSeconds = (ushort)(settings.Int("heartbeat") ?? options.HeartbeatSeconds),
        FrameMaxBytes = ReadFrameMax(settings, "frame_max") ?? options.FrameMaxBytes,
        InitialFrameMaxBytes = ReadFrameMax(settings, "initial_frame_max") ?? options.InitialFrameMaxBytes,
        ChannelMax = (ushort)(settings.Int("max_channels_per_connection")
            ?? settings.Int("channel_max")
            ?? options.ChannelMax),
        HandshakeTimeoutMs = settings.IntOr("handshake_timeout", int.MaxValue) ?? options.HandshakeTimeoutMs,
        MaxMessageSizeBytes = settings.Int("max_message_size") ?? options.MaxMessageSizeBytes,
        ConsumerMaxPerChannel = settings.IntOr("consumer_max_per_channel", null),
        ChannelMaxPerNode = settings.IntOr("channel_max_per_node", null),
        ConnectionMax = settings.IntOr("max_connections", null) ?? settings.IntOr("connection_max", null),
        ConsumerTimeoutMs = settings.Is("consumer_timeout", "infinity")
            ? null
            : settings.Long("consumer_timeout") ?? options.ConsumerTimeoutMs,
        ConsumerTimeoutClosesChannel =
            settings.Bool("warren.consumer_timeout.closes_channel") ?? options.ConsumerTimeoutClosesChannel,
    };

    private static BrokerOptions WithUsers(
        BrokerOptions options, Settings settings, NodeEnvironment environment)
    {
        return options with
        {
            DefaultUser = environment.Find("DEFAULT_USER") ?? settings.Text("default_user") ?? options.DefaultUser,
            DefaultPassword =
                environment.Find("DEFAULT_PASS") ?? settings.Text("default_pass") ?? options.DefaultPassword,
            DefaultVhost = environment.Find("DEFAULT_VHOST") ?? settings.Text("default_vhost") ?? options.DefaultVhost,
            DefaultUserTags = ReadTags(settings, options),
            DefaultConfigure = settings.Text("default_permissions.configure") ?? options.DefaultConfigure,
            DefaultWrite = settings.Text("default_permissions.write") ?? options.DefaultWrite,
            DefaultRead = settings.Text("default_permissions.read") ?? options.DefaultRead,
            LoopbackUsers = ReadLoopbackUsers(settings, options),
        };
    }

    /// <summary>
    /// RabbitMQ forgets guest as soon as any other user is listed, and so opens it to the network; here guest stays
    /// until <c>loopback_users.guest = false</c> or <c>loopback_users = none</c> says otherwise.
    /// </summary>
    private static ImmutableHashSet<string> ReadLoopbackUsers(Settings settings, BrokerOptions options)
    {
        if (settings.Is("loopback_users", "none"))
            return [];
        var users = options.LoopbackUsers;
        foreach (var (name, entry) in settings.Named("loopback_users"))
            users = entry.Value == "true" ? users.Add(name) : users.Remove(name);
        return users;
    }

    private static ImmutableArray<string> ReadTags(Settings settings, BrokerOptions options)
    {
        var tags = settings.Named("default_user_tags");
        return tags.Count == 0
            ? options.DefaultUserTags
            : [.. tags.Where(t => t.Entry.Value == "true").Select(t => t.Name)];
    }

    private static ImmutableArray<string> ReadMechanisms(Settings settings, BrokerOptions options)
    {
        var named = settings.Named("auth_mechanisms");
        foreach (var (_, entry) in named)
        {
            if (!Mechanisms.Contains(entry.Value))
            {
                throw new ConfigurationException(
                    entry,
                    $"expected {entry.Key} to be one of {string.Join(", ", Mechanisms)}; found \"{entry.Value}\"");
            }
        }

        return named.Count == 0 ? options.AuthMechanisms : [.. named.Select(m => m.Entry.Value).Distinct()];
    }

    private static void NoteOtherBackends(Settings settings, ICollection<ConfigurationNote> notes)
    {
        foreach (var entry in settings.Under("auth_backends"))
        {
            if (entry.Value is not ("internal" or "rabbit_auth_backend_internal"))
            {
                notes.Add(new ConfigurationNote(
                    LogLevel.Warning,
                    $"{entry.Place}: {entry.Key} = {entry.Value} is accepted, but only the internal backend is built"));
            }
        }
    }

    private static string ReadQueueType(Settings settings, BrokerOptions options, ICollection<ConfigurationNote> notes)
    {
        if (settings.Find("default_queue_type") is not { } entry)
            return options.DefaultQueueType;
        switch (entry.Value)
        {
            case "classic" or "rabbit_classic_queue":
                return "classic";
            case "quorum" or "rabbit_quorum_queue":
                return "quorum";
            case "stream" or "rabbit_stream_queue":
                notes.Add(new ConfigurationNote(
                    LogLevel.Warning, $"{entry.Place}: streams are not built yet; queues without a type are classic"));
                return "classic";
            default:
                throw new ConfigurationException(
                    entry, $"expected default_queue_type to be classic, quorum or stream; found \"{entry.Value}\"");
        }
    }

    private static string? ReadLocator(Settings settings)
    {
        foreach (string key in (ReadOnlySpan<string>)["queue_leader_locator", "queue_master_locator"])
        {
            if (settings.Find(key) is not { } entry)
                continue;
            return entry.Value is "client-local" or "balanced" or "min-masters" or "random" or "least-leaders"
                ? entry.Value
                : throw new ConfigurationException(
                    entry,
                    $"expected {key} to be client-local, balanced, min-masters or random; found \"{entry.Value}\"");
        }
        return null;
    }

    private static string ReadHashing(Settings settings, BrokerOptions options)
    {
        const string Module = "rabbit_password_hashing_";
        if (settings.Find("password_hashing_module") is not { } entry)
            return options.PasswordHashing;
        var hasPrefix = entry.Value.StartsWith(Module, StringComparison.Ordinal);
        var name = hasPrefix ? entry.Value[Module.Length..] : entry.Value;
        return name is "sha256" or "sha512" or "md5" ? name : throw new ConfigurationException(
            entry, $"expected password_hashing_module to be {Module}sha256, sha512 or md5; found \"{entry.Value}\"");
    }

    private static string ReadLoginFrom(Settings settings, BrokerOptions options) =>
        settings.Text("ssl_cert_login_from") switch
        {
            null => options.CertificateLoginFrom,
            "subject_alt_name" => "subject_alternative_name",
            var part => part,
        };

    /// <summary>0 is RabbitMQ's "no limit"; ours is the largest frame that fits the arithmetic.</summary>
    private static int? ReadFrameMax(Settings settings, string key)
    {
        if (settings.ByteSize(key) is not { } sizeBytes)
            return null;
        if (sizeBytes == 0)
            return LargestFrameMax;
        if (sizeBytes is >= SmallestFrameMax and <= LargestFrameMax)
            return (int)sizeBytes;
        throw new ConfigurationException(
            settings.Find(key)!,
            $"expected {key} to be 0 or from {SmallestFrameMax} to {LargestFrameMax} bytes; found {sizeBytes}");
    }
}
