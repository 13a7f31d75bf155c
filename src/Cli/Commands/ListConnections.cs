using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The clients of the node.</summary>
internal sealed class ListConnections() : ListCommand(
    "list_connections", "[--no-table-headers] [<column> ...] [--timeout <timeout>]", Section.Monitoring,
    "Lists AMQP 0.9.1 connections for the node")
{
    public override string[] Guides => ["connections"];

    protected override string[] Default => ["user", "peer_host", "peer_port", "state"];

    protected override bool IsStreamed => true;

    protected override string[] Known =>
    [
        "pid", "name", "port", "host", "peer_port", "peer_host", "ssl", "ssl_protocol", "ssl_key_exchange",
        "ssl_cipher",
        "ssl_hash", "peer_cert_subject", "peer_cert_issuer", "peer_cert_validity", "state", "channels", "protocol",
        "auth_mechanism", "user", "vhost", "timeout", "frame_max", "channel_max", "client_properties", "recv_oct",
        "recv_cnt", "send_oct", "send_cnt", "send_pend", "connected_at",
    ];

    public override string? Banner(Invocation call) => "Listing connections ...";
}
