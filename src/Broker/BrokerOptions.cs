using System.Collections.Immutable;

namespace Warren.Broker;

/// <summary>
/// Everything about the broker that an operator may set. Defaults are RabbitMQ 3.13's unless the comment says
/// where else the number comes from. The server fills it from <c>rabbitmq.conf</c> and the environment.
/// </summary>
public sealed record BrokerOptions
{
    /// <summary><c>RABBITMQ_NODENAME</c>, such as <c>rabbit@host1</c>.</summary>
    public string NodeName { get; init; } = "rabbit@localhost";

    /// <summary><c>cluster_name</c>; shown in server-properties. Null: the node's name.</summary>
    public string? ClusterName { get; init; }

    /// <summary>
    /// <c>product.name</c>; libraries branch on it, so it stays RabbitMQ (docs/decisions/0004-identity.md).
    /// </summary>
    public string ProductName { get; init; } = "RabbitMQ";

    /// <summary><c>product.version</c>; libraries parse it.</summary>
    public string ProductVersion { get; init; } = "3.13.7";

    /// <summary><c>heartbeat</c>, seconds, offered in connection.tune; 0 switches heartbeats off.</summary>
    public ushort HeartbeatSeconds { get; init; } = 60;

    /// <summary><c>frame_max</c>, bytes of a whole frame, offered in connection.tune.</summary>
    public int FrameMaxBytes { get; init; } = 131_072;

    /// <summary>
    /// <c>initial_frame_max</c>: the limit before tuning. A start-ok with a long token fits (8192 in 4.1 on).
    /// </summary>
    public int InitialFrameMaxBytes { get; init; } = 8192;

    /// <summary><c>channel_max</c>, offered in connection.tune.</summary>
    public ushort ChannelMax { get; init; } = 2047;

    /// <summary><c>handshake_timeout</c>, from accept to connection.open-ok.</summary>
    public int HandshakeTimeoutMs { get; init; } = 10_000;

    /// <summary><c>max_message_size</c>, bytes of a message's body.</summary>
    public int MaxMessageSizeBytes { get; init; } = 134_217_728;

    /// <summary>
    /// What a message may have, properties and all, that another node has taken: its limit may be another.
    /// </summary>
    internal long LongestMessageBytes => Math.Max(MaxMessageSizeBytes, 512L * 1024 * 1024) + (1024 * 1024);

    /// <summary><c>consumer_max_per_channel</c>; null is no limit.</summary>
    public int? ConsumerMaxPerChannel { get; init; }

    /// <summary><c>channel_max_per_node</c>; null is no limit.</summary>
    public int? ChannelMaxPerNode { get; init; }

    /// <summary><c>connection_max</c> / <c>max_connections</c>; null is no limit.</summary>
    public int? ConnectionMax { get; init; }

    /// <summary><c>consumer_timeout</c>, ms a delivery may stay unacknowledged; null switches it off.</summary>
    public long? ConsumerTimeoutMs { get; init; } = 1_800_000;

    /// <summary>
    /// <c>warren.consumer_timeout.closes_channel</c>: true is RabbitMQ's way; false returns the message and cancels the
    /// consumer.
    /// </summary>
    public bool ConsumerTimeoutClosesChannel { get; init; }

    /// <summary><c>default_queue_type</c>: classic or quorum.</summary>
    public string DefaultQueueType { get; init; } = "classic";

    /// <summary>
    /// <c>queue_leader_locator</c>, else <c>queue_master_locator</c>: where queues live that name no place themselves.
    /// client-local, balanced, min-masters (the older name of balanced) or random. RabbitMQ's default.
    /// </summary>
    public string QueueLeaderLocator { get; init; } = "client-local";

    /// <summary>
    /// <c>quorum_queue.initial_cluster_size</c>: members of a quorum queue that asks for no number itself.
    /// </summary>
    public int QuorumInitialGroupSize { get; init; } = 3;

    /// <summary>
    /// <c>quorum_queue.property_equivalence.relaxed_checks_on_redeclaration</c>: who declares a quorum queue that is
    /// there as a classic one gets it, as far as the arguments agree that both know.
    /// </summary>
    public bool RelaxesQuorumRedeclaration { get; init; }

    /// <summary>
    /// <c>warren.leader_balancing</c>: leaders of replicated queues are spread over the nodes by themselves.
    /// </summary>
    public bool BalancesLeaders { get; init; } = true;

    /// <summary>
    /// <c>warren.absent_members.replaced_after</c>, ms: where another node is there to take the place, a replicated
    /// queue's member goes from a node that has been away for so long. Null: never. 24 h: a broken machine is mended
    /// within a day, mostly, and then has most of what the queue holds; all of it is copied otherwise.
    /// </summary>
    public long? AbsentMembersReplacedAfterMs { get; init; } = 24L * 60 * 60 * 1000;

    /// <summary>
    /// <c>quorum_queue.continuous_membership_reconciliation.enabled</c>: members of quorum queues are added where they
    /// are missing. RabbitMQ's default is false; here false must be said.
    /// </summary>
    public bool AddsQuorumMembers { get; init; } = true;

    /// <summary>
    /// <c>quorum_queue.continuous_membership_reconciliation.target_group_size</c>: what a quorum queue is grown to
    /// whose argument and policy name no target; 0: nothing.
    /// </summary>
    public int QuorumTargetGroupSize { get; init; }

    /// <summary>
    /// <c>quorum_queue.continuous_membership_reconciliation.interval</c>, ms: how often the members of all queues are
    /// looked at, beside when nodes come and go and policies change. 30 s; RabbitMQ's is an hour.
    /// </summary>
    public int MembersLookIntervalMs { get; init; } = 30_000;

    /// <summary><c>default_user</c>, created at the first start, with <see cref="DefaultPassword"/>.</summary>
    public string DefaultUser { get; init; } = "guest";

    public string DefaultPassword { get; init; } = "guest";

    public string DefaultVhost { get; init; } = "/";

    public ImmutableArray<string> DefaultUserTags { get; init; } = ["administrator"];

    public string DefaultConfigure { get; init; } = ".*";

    public string DefaultWrite { get; init; } = ".*";

    public string DefaultRead { get; init; } = ".*";

    /// <summary><c>loopback_users</c>: may log in only over a loopback address.</summary>
    public ImmutableHashSet<string> LoopbackUsers { get; init; } = ["guest"];

    /// <summary><c>auth_mechanisms</c>, in the order offered. EXTERNAL is added by configuration.</summary>
    public ImmutableArray<string> AuthMechanisms { get; init; } = ["PLAIN", "AMQPLAIN"];

    /// <summary><c>ssl_cert_login_from</c>: distinguished_name, common_name or subject_alternative_name.</summary>
    public string CertificateLoginFrom { get; init; } = "distinguished_name";

    /// <summary><c>ssl_cert_login_san_type</c>: dns, ip, email, uri or other_name.</summary>
    public string CertificateLoginSanType { get; init; } = "dns";

    /// <summary><c>ssl_cert_login_san_index</c>, from 0.</summary>
    public int CertificateLoginSanIndex { get; init; }

    /// <summary><c>vm_memory_high_watermark.relative</c>, share of the machine's or cgroup's memory.</summary>
    public double MemoryHighWatermark { get; init; } = 0.4;

    /// <summary><c>vm_memory_high_watermark.absolute</c>, bytes; wins over the relative one.</summary>
    public long? MemoryHighWatermarkBytes { get; init; }

    /// <summary>
    /// <c>vm_memory_high_watermark_paging_ratio</c>: share of the watermark above which waiting messages are written to
    /// disk to spare memory.
    /// </summary>
    public double MemoryPagingRatio { get; init; } = 0.5;

    /// <summary><c>total_memory_available_override_value</c>, bytes.</summary>
    public long? TotalMemoryBytes { get; init; }

    /// <summary>
    /// <c>disk_free_limit.absolute</c>, bytes that must stay free where the data lies; RabbitMQ's default.
    /// </summary>
    public long DiskFreeLimitBytes { get; init; } = 50_000_000;

    /// <summary>
    /// <c>disk_free_limit.relative</c>, times the machine's or cgroup's memory; wins over the absolute one.
    /// </summary>
    public double? DiskFreeLimit { get; init; }

    /// <summary><c>password_hashing_module</c>: sha256, sha512 or md5.</summary>
    public string PasswordHashing { get; init; } = "sha256";

    /// <summary>RabbitMQ definitions JSON read at boot (<c>load_definitions</c>); null is none.</summary>
    public string? DefinitionsPath { get; init; }
}
