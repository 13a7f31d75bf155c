using System.Net;
using System.Text.Json;
using Warren.Broker.Connections;
using Warren.Broker.Operations;

namespace Warren.Server.Control;

/// <summary>What <c>list_connections</c> shows.</summary>
internal static class ConnectionColumns
{
    public static ColumnSet<ConnectionStatus> Of(NodeHost host) => new(
        ("pid", (json, one) => json.Pid(host, one.Connection.Id, 0)),
        ("name", (json, one) => json.WriteStringValue(one.Connection.Peer.Name)),
        ("host", (json, one) => Address(json, one.Connection.Peer.Local)),
        ("port", (json, one) => json.WriteNumberValue(one.Connection.Peer.Local.Port)),
        ("peer_host", (json, one) => Address(json, one.Connection.Peer.Remote)),
        ("peer_port", (json, one) => json.WriteNumberValue(one.Connection.Peer.Remote.Port)),
        ("user", (json, one) => json.WriteStringValue(one.Connection.User?.Name ?? "")),
        ("vhost", (json, one) => json.WriteStringValue(one.Connection.VhostName)),
        ("state", (json, one) => json.Atom(StateOf(one))),
        ("channels", (json, one) => json.WriteNumberValue(one.Channels.Length)),
        ("protocol", (json, _) => Protocol(json)),
        ("auth_mechanism", (json, one) => json.WriteStringValue(one.Mechanism)),
        ("timeout", (json, one) => json.WriteNumberValue(one.Connection.HeartbeatSeconds)),
        ("frame_max", (json, one) => json.WriteNumberValue(one.Connection.FrameMaxBytes)),
        ("channel_max", (json, one) => json.WriteNumberValue(one.Connection.ChannelMax)),
        ("client_properties", (json, one) => json.Table(one.ClientProperties)),
        ("connected_at", (json, one) => json.WriteNumberValue(one.Connection.OpenedAt.ToUnixTimeMilliseconds())),
        ("recv_oct", (json, one) => json.WriteNumberValue(one.ReceivedBytes)),
        ("recv_cnt", (json, one) => json.WriteNumberValue(one.Receives)),
        ("send_oct", (json, one) => json.WriteNumberValue(one.SentBytes)),
        ("send_cnt", (json, one) => json.WriteNumberValue(one.Sends)),
        ("send_pend", (json, one) => json.WriteNumberValue(one.WaitingBytes)),
        ("ssl", (json, one) => json.WriteBooleanValue(one.Connection.Peer.Client.IsTls)),
        ("ssl_protocol", (json, one) => json.WriteStringValue(one.Connection.Peer.TlsProtocol ?? "")),
        ("ssl_cipher", (json, one) => json.WriteStringValue(one.Connection.Peer.TlsCipher ?? "")),
        // Parts of the cipher's name, which tells them itself.
        ("ssl_key_exchange", (json, _) => json.WriteStringValue("")),
        ("ssl_hash", (json, _) => json.WriteStringValue("")),
        ("peer_cert_subject", (json, one) =>
            json.WriteStringValue(one.Connection.Peer.Client.Certificate?.Subject ?? "")),
        ("peer_cert_issuer", (json, one) =>
            json.WriteStringValue(one.Connection.Peer.Client.Certificate?.Issuer ?? "")),
        ("peer_cert_validity", (json, one) => Validity(json, one)));

    /// <summary>RabbitMQ's words for where a connection is.</summary>
    private static string StateOf(ConnectionStatus one) => one.State switch
    {
        ConnectionState.Opening or ConnectionState.Starting => "starting",
        ConnectionState.Tuning => "tuning",
        ConnectionState.Tuned => "opening",
        ConnectionState.Running => one.IsBlocked ? "blocked" : "running",
        ConnectionState.Closing => "closing",
        _ => "closed",
    };

    private static void Address(Utf8JsonWriter json, IPEndPoint place) =>
        json.WriteStringValue(place.Address.ToString());

    private static void Protocol(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("$tuple");
        json.WriteNumberValue(0);
        json.WriteNumberValue(9);
        json.WriteNumberValue(1);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Validity(Utf8JsonWriter json, ConnectionStatus one) => json.WriteStringValue(
        one.Connection.Peer.Client.Certificate is { } certificate
            ? $"{certificate.NotBefore.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ} - "
                + $"{certificate.NotAfter.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}"
            : "");
}
