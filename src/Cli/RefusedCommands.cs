using Warren.Cli.Commands;
using Warren.Cli.Help;

namespace Warren.Cli;

/// <summary>What RabbitMQ 3.13's tools know and Warren does not do, or not yet.</summary>
internal static class RefusedCommands
{
    private const Tool Ctl = Tool.Ctl;
    private const Tool Diagnostics = Tool.Diagnostics;
    private const Tool Queues = Tool.Queues;

    private const string NoErlang = "there is no Erlang in it, and nothing evaluates code. ";

    private const string NoTracing =
        "messages are not traced yet. Bind a queue of your own to the exchange that is to be watched ('#' at a topic "
        + "exchange), and read it with 'warren get'";

    private const string NoEncryption =
        "values of rabbitmq.conf are not decrypted yet. Give the file mode 600 and the owner rabbitmq instead";

    private const string NoAttempts =
        "attempts to log in are not counted yet. 'rabbitmq-diagnostics log_tail' shows each refused one, with its "
        + "address and user";

    private const string NoStreams = "stream queues are not built yet";

    /// <summary>Each with the tools that it belongs to.</summary>
    public static readonly (Tool Tools, Command Command)[] All =
    [
        (Ctl, new RefusedCommand("trace_on", "[--vhost <vhost>]", Section.VirtualHosts, NoTracing)),
        (Ctl, new RefusedCommand("trace_off", "[--vhost <vhost>]", Section.VirtualHosts, NoTracing)),
        (Ctl, new RefusedCommand("encode", "value passphrase", Section.Configuration, NoEncryption)),
        (Ctl, new RefusedCommand("decode", "value passphrase", Section.Configuration, NoEncryption)),
        (Ctl | Diagnostics, new RefusedCommand("list_ciphers", "", Section.Configuration, NoEncryption)),
        (Ctl | Diagnostics, new RefusedCommand("list_hashes", "", Section.Configuration, NoEncryption)),
        (Ctl, new RefusedCommand(
            "eval_file", "<file path>", Section.Operations,
            NoErlang + "'rabbitmqctl help' and 'warren help' list what can be done")),
        (Ctl, new RefusedCommand(
            "exec", "<expression> [--offline]", Section.Operations,
            NoErlang + "'rabbitmqctl help' and 'warren help' list what can be done")),
        (Ctl, new RefusedCommand(
            "force_standalone_khepri_boot", "", Section.Cluster,
            "there is no Khepri. 'rabbitmqctl force_boot' is for a node whose peers are lost")),
        (Ctl, new RefusedCommand(
            "hipe_compile", "<directory>", Section.Deprecated,
            "it is native code already: there is nothing to compile")),
        (Ctl, new RefusedCommand(
            "activate_free_disk_space_monitoring", "", Section.Operations,
            "the free space of the disk is always watched. 'rabbitmqctl set_disk_free_limit' sets the limit")),
        (Ctl, new RefusedCommand(
            "deactivate_free_disk_space_monitoring", "", Section.Operations,
            "the free space of the disk is always watched, for nothing that is confirmed may be lost. "
            + "'rabbitmqctl set_disk_free_limit' sets the limit")),
        (Ctl, new RefusedCommand(
            "list_deprecated_features", "[--used] [<column> ...]", Section.FeatureFlags,
            "nothing in it is deprecated: what RabbitMQ 4 drops (mirroring policies, transient queues, global "
            + "prefetch) stays")),
        (Ctl, new RefusedCommand(
            "remove_classic_queue_mirroring_from_policies", "", Section.Policies,
            "the 'ha-*' keys stay valid: they say how many copies a queue is to have. 'rabbitmqctl set_policy' and "
            + "'clear_policy' change one policy")),
        (Diagnostics, new RefusedCommand(
            "check_if_any_deprecated_features_are_used", "", Section.Monitoring,
            "nothing in it is deprecated, so nothing stands in the way of its next version")),
        (Diagnostics, new RefusedCommand(
            "check_if_cluster_has_classic_queue_mirroring_policy", "", Section.Monitoring,
            "the 'ha-*' keys stay valid, so nothing depends on it. 'rabbitmqctl list_policies' shows who has them")),
        (Diagnostics, new RefusedCommand(
            "cipher_suites", "[--format <openssl | erlang | map>] [--all]", Section.Monitoring,
            "the machine's OpenSSL decides about cipher suites. 'openssl ciphers -v' lists them, "
            + "'rabbitmqctl list_connections name ssl_protocol ssl_cipher' shows the ones in use")),
        (Diagnostics, new RefusedCommand(
            "maybe_stuck", "", Section.Monitoring,
            "there are no Erlang processes. 'rabbitmqctl list_unresponsive_queues' finds queues that do not answer, "
            + "'rabbitmqctl node_health_check' looks at all of the node")),
        (Diagnostics, new RefusedCommand(
            "observer", "[--interval <seconds>]", Section.Monitoring,
            "there are no Erlang processes to watch. 'rabbitmqctl status' and 'rabbitmq-diagnostics memory_breakdown' "
            + "show the node, 'top -H -p PID' its threads")),
        (Diagnostics, new RefusedCommand(
            "runtime_thread_stats", "[--sample-interval <interval>]", Section.Monitoring,
            "there are no Erlang schedulers. 'rabbitmqctl status' shows threads and the work that waits for one, "
            + "'top -H -p PID' what each of them does")),
        (Diagnostics, new RefusedCommand(
            "remote_shell", "", Section.Monitoring,
            NoErlang + "'rabbitmq-diagnostics help' lists what can be asked")),
        (Diagnostics, new RefusedCommand(
            "schema_info", "[--no-table-headers] [<column> ...]", Section.Monitoring,
            "there is no Mnesia. Definitions are one replicated log: 'rabbitmqctl export_definitions -' shows them, "
            + "'rabbitmqctl cluster_status' how the nodes stand")),
        (Diagnostics, new RefusedCommand(
            "metadata_store_status", "", Section.Monitoring,
            "there is no Khepri. Definitions are one replicated log: 'rabbitmqctl cluster_status' shows how the nodes "
            + "stand")),
        (Diagnostics, new RefusedCommand(
            "consume_event_stream", "[--duration|-d <seconds>] [--pattern <pattern>]", Section.Monitoring,
            "events are not published yet. 'rabbitmq-diagnostics log_tail_stream' follows the log")),
        (Diagnostics, new RefusedCommand(
            "resolver_info", "", Section.Configuration,
            "names are resolved by the machine (/etc/nsswitch.conf, /etc/resolv.conf, /etc/hosts). "
            + "'rabbitmq-diagnostics resolve_hostname' shows what the node makes of a name")),
        (Diagnostics, new RefusedCommand(
            "list_policies_that_match", "[--object-type <type>] <name>", Section.Policies,
            "it is not built yet. 'rabbitmqctl list_queues name policy operator_policy effective_policy_definition' "
            + "shows which policies hold for each queue")),
        (Diagnostics, new RefusedCommand("list_node_auth_attempt_stats", "", Section.Monitoring, NoAttempts)),
        (Diagnostics, new RefusedCommand("reset_node_auth_attempt_metrics", "", Section.Configuration, NoAttempts)),
        (Diagnostics, new RefusedCommand(
            "enable_auth_attempt_source_tracking", "", Section.Configuration, NoAttempts)),
        (Diagnostics, new RefusedCommand(
            "disable_auth_attempt_source_tracking", "", Section.Configuration, NoAttempts)),
        (Queues, new RefusedCommand(
            "list_policies_with_classic_queue_mirroring", "[--no-table-headers]", Section.Policies,
            "the 'ha-*' keys stay valid. 'rabbitmqctl list_policies' shows who has them")),
        (Queues, new RefusedCommand(
            "list_operator_policies_with_classic_queue_mirroring", "[--no-table-headers]", Section.Policies,
            "the 'ha-*' keys stay valid. 'rabbitmqctl list_operator_policies' shows who has them")),
        (Queues | Diagnostics, new RefusedCommand(
            "stream_status", "[--vhost <vhost>] [--tracking] <stream>", Section.Monitoring, NoStreams)),
    ];
}
