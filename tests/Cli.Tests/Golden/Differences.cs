namespace Warren.Cli.Tests.Golden;

/// <summary>
/// The recordings that Warren does not repeat, each with the reason. The test sees to it that each of them does differ,
/// so that nothing stays here once it is alike.
/// </summary>
internal static class Differences
{
    private static readonly (string Reason, string[] Commands)[] Reasons =
    [
        (
            "the widest name is the stream queue's, and stream queues are not built yet",
            [
                "rabbitmqctl -q list_queues --formatter pretty_table",
            ]),
        (
            "one term over all rows: RabbitMQ's rows have no order, and the first and the last look different",
            [
                "rabbitmqctl -q list_queues --formatter erlang",
            ]),
        (
            "Warren knows these columns: operators' scripts ask for them",
            [
                "rabbitmqctl -q list_queues name policy slave_nodes synchronised_slave_nodes",
            ]),
        (
            "effective_policy_definition is a column since 3.13",
            [
                "rabbitmqctl -q list_queues name messages messages_ram messages_persistent "
                + "message_bytes message_bytes_ready message_bytes_unacknowledged message_bytes_ram "
                + "message_bytes_persistent head_message_timestamp disk_reads disk_writes "
                + "consumer_utilisation consumer_capacity effective_policy_definition --formatter json",
            ]),
        (
            "the cluster's random id is RabbitMQ's; Warren shows the name set in rabbitmq.conf",
            [
                "rabbitmqctl list_global_parameters",
                "rabbitmqctl -q list_global_parameters --formatter json",
            ]),
        (
            "RabbitMQ's tool prints a log line of its own too",
            [
                "rabbitmqctl set_permissions u1 '(' '.*' '.*'",
            ]),
        (
            "tracing is not built yet",
            [
                "rabbitmqctl trace_on -p v2",
                "rabbitmqctl trace_off -p v2",
            ]),
        (
            "3.13 knows more targets and names them",
            [
                "rabbitmqctl set_policy p2 '^x' '{\"message-ttl\":1}' --apply-to bogus",
            ]),
        (
            "other listeners, feature flags of 3.13, no Erlang to name the version of",
            [
                "rabbitmqctl cluster_status",
                "rabbitmq-diagnostics cluster_status",
            ]),
        (
            "not deprecated here: it checks",
            [
                "rabbitmqctl node_health_check",
                "rabbitmq-diagnostics node_health_check",
            ]),
        (
            "the flags of 3.13; streams are not built yet",
            [
                "rabbitmqctl -q list_feature_flags name state stability provided_by desc",
            ]),
        (
            "there is no Erlang to evaluate",
            [
                "rabbitmqctl eval 1+1.",
                "rabbitmqctl eval 'foo('",
            ]),
        (
            "it does what its name says",
            [
                "rabbitmqctl rotate_logs",
            ]),
        (
            "found by its socket, not by epmd and cookie: other attempts, other advice",
            [
                "rabbitmqctl -n nosuch@localhost list_queues",
                "rabbitmqctl -n nosuch@localhost status",
            ]),
        (
            "RabbitMQ's tool crashes",
            [
                "rabbitmqctl list_queues --formatter bogus",
            ]),
        (
            "other ports; AMQP alone is served yet",
            [
                "rabbitmq-diagnostics check_port_connectivity",
                "rabbitmq-diagnostics check_port_listener 5672",
                "rabbitmq-diagnostics check_port_listener 9999",
                "rabbitmq-diagnostics check_protocol_listener mqtt",
                "rabbitmq-diagnostics listeners",
                "rabbitmq-diagnostics -q listeners --formatter json",
            ]),
        (
            "not built yet",
            [
                "rabbitmq-diagnostics list_node_auth_attempt_stats",
            ]),
        (
            "3.13 hashes passwords",
            [
                "rabbitmqctl hash_password foo",
            ]),
        (
            "TLS 1.1 and 1.0 are not spoken",
            [
                "rabbitmq-diagnostics tls_versions",
            ]),
        (
            "nothing starts or stops where nothing is built yet",
            [
                "rabbitmq-plugins enable rabbitmq_top",
                "rabbitmq-plugins disable rabbitmq_top",
            ]),
        (
            "there is no Erlang",
            [
                "rabbitmq-diagnostics erlang_version",
                "rabbitmq-diagnostics command_line_arguments",
            ]),
        (
            "memory is used for other things",
            [
                "rabbitmq-diagnostics memory_breakdown",
                "rabbitmq-diagnostics -q memory_breakdown --unit MB --formatter json",
            ]),
        (
            "other places, other lines",
            [
                "rabbitmq-diagnostics log_location",
                "rabbitmq-diagnostics log_tail -N 2",
                "rabbitmq-plugins directories -s",
            ]),
        (
            "3.13 has more columns; other indexes",
            [
                "rabbitmq-queues quorum_status orders.qq",
            ]),
        (
            "stream queues are not built yet",
            [
                "rabbitmq-queues stream_status log.stream",
                "rabbitmq-streams stream_status log.stream",
            ]),
        (
            "other plugins; what management and metrics stand for is not built yet",
            [
                "rabbitmq-plugins list -q",
                "rabbitmq-plugins -q list --formatter json rabbitmq_management",
                "rabbitmq-plugins is_enabled rabbitmq_mqtt",
            ]),
    ];

    /// <summary>The reason, by the command.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = Reasons
        .SelectMany(one => one.Commands.Select(command => (command, one.Reason)))
        .ToDictionary(one => one.command, one => one.Reason);
}
