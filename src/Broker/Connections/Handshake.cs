using Warren.Amqp;
using Warren.Broker.Security;

namespace Warren.Broker.Connections;

/// <summary>
/// Channel 0: from the protocol header to connection.open-ok, and the few methods of a running connection. Runs in the
/// connection's turn. Everything before the login is bounded: frames by the initial frame size, time by the registry.
/// </summary>
internal sealed class Handshake
{
    private readonly Connection _connection;

    public Handshake(Connection connection) => _connection = connection;

    public ClientCapabilities Client { get; private set; } = ClientCapabilities.None;

    private MessageBroker Broker => _connection.Broker;

    /// <summary>How the client logged in; empty before it has.</summary>
    public string Mechanism { get; private set; } = "";

    public void OnProtocolHeader(ReadOnlySpan<byte> header)
    {
        ProtocolVersion version = ProtocolHeader.Parse(header);
        if (version is ProtocolVersion.Unsupported or ProtocolVersion.Incomplete)
        {
            Broker.Log(
                LogLevel.Error, LogCategory.Connection,
                $"Closing connection {_connection.Peer.Name}: it speaks no AMQP 0-9-1, "
                + $"its first bytes are {ErlangText.Binary(header)}");
            _connection.Outbox.Post(OutboxItem.Frames(ProtocolHeader.Amqp091.ToArray()));
            _connection.Finish();
            return;
        }
        bool is08 = version == ProtocolVersion.Amqp08;
        var start = new ConnectionStart(
            is08 ? (byte)8 : (byte)0,
            is08 ? (byte)0 : (byte)9,
            ServerProperties.Make(Broker.Options, Broker.ClusterName, withCapabilities: !is08),
            Broker.Authenticator.OfferedMechanisms(_connection.Peer.Client),
            "en_US");
        _connection.Send(0, start);
        _connection.State = ConnectionState.Starting;
    }

    public void OnMethod(uint method, ref WireReader reader)
    {
        switch (_connection.State, method)
        {
            case (ConnectionState.Starting, MethodId.ConnectionStartOk):
                OnStartOk(ConnectionStartOk.Read(ref reader));
                break;
            case (ConnectionState.Tuning, MethodId.ConnectionTuneOk):
                OnTuneOk(ConnectionTuneOk.Read(ref reader));
                break;
            case (ConnectionState.Tuned, MethodId.ConnectionOpen):
                OnOpen(ConnectionOpen.Read(ref reader).VirtualHostText);
                break;
            case (_, MethodId.ConnectionClose):
                OnClose();
                break;
            case (ConnectionState.Running, MethodId.ConnectionUpdateSecret):
                OnUpdateSecret(ConnectionUpdateSecret.Read(ref reader).NewSecret);
                break;
            default:
                string state = _connection.State == ConnectionState.Running ? "running" : "starting";
                throw new AmqpException(ReplyCode.ChannelError, $"unexpected method in connection state {state}");
        }
    }

    /// <summary>
    /// Says goodbye once the exclusive queues are gone: whoever hears of the end may rely on their names being free, on
    /// every node. They are deleted once more at the very end, whatever comes until then.
    /// </summary>
    /// <param name="error">Why the node closes the connection; null: the client does.</param>
    public void GoWithOwned(AmqpException? error)
    {
        Connection connection = _connection;
        var gone = new ConnectionEvent(ConnectionEventKind.OwnedDeleted, Subject: error);
        if (connection.OwnsQueues)
            Broker.Definitions.DeleteOwned(connection.Id, () => connection.Post(gone));
        else
            SayGoodbye(error);
    }

    /// <summary>The same, with nothing to be waited for any more.</summary>
    public void SayGoodbye(AmqpException? error)
    {
        if (_connection.State != ConnectionState.Closing)
            return;
        if (error is null)
        {
            _connection.SendGoodbye(new ConnectionCloseOk());
            _connection.Finish(shutsSocket: false);
            return;
        }
        _connection.SendGoodbye(
            new ConnectionClose(error.ReplyCode, error.ReplyText, error.ClassId, error.MethodId));
        Broker.Connections.ExpectEnd(_connection);
    }

    private void OnStartOk(ConnectionStartOk startOk)
    {
        Client = ClientCapabilities.Read(startOk.ClientProperties);
        if (!SaslMechanismNames.TryParse(startOk.MechanismText, out SaslMechanism mechanism)
            || !Broker.Authenticator.Offers(mechanism, _connection.Peer.Client))
        {
            string offered = Broker.Authenticator.OfferedMechanisms(_connection.Peer.Client);
            throw new AmqpException(
                ReplyCode.CommandInvalid,
                $"client unsupported auth mechanism '{startOk.MechanismText}'; offered are: {offered}");
        }
        SaslResult result = Broker.Authenticator.Authenticate(
            mechanism, startOk.Response, _connection.Peer.Client, Broker.Security);
        if (result.Outcome != SaslOutcome.Accepted)
        {
            Refuse(result);
            return;
        }
        _connection.User = result.User;
        Mechanism = startOk.MechanismText;
        BrokerOptions options = Broker.Options;
        _connection.Send(
            0, new ConnectionTune(options.ChannelMax, (uint)options.FrameMaxBytes, options.HeartbeatSeconds));
        _connection.State = ConnectionState.Tuning;
    }

    private void Refuse(SaslResult result)
    {
        Broker.Log(
            LogLevel.Error, LogCategory.Connection, $"Refused connection {_connection.Peer.Name}: {result.LogText}");
        AmqpException error = result.Error!;
        if (result.Outcome == SaslOutcome.Malformed)
            throw error;
        // Clients without the capability take a closed socket for the refusal, and nothing else.
        if (Client.UnderstandsRefusal)
            _connection.SendGoodbye(new ConnectionClose(error.ReplyCode, error.ReplyText, 0, 0));
        _connection.Finish();
    }

    private void OnTuneOk(ConnectionTuneOk tuneOk)
    {
        BrokerOptions options = Broker.Options;
        CheckNegotiated("frame_max", tuneOk.FrameMax, FrameSize.MinimumFrameMax, (uint)options.FrameMaxBytes);
        CheckNegotiated("channel_max", tuneOk.ChannelMax, 1, options.ChannelMax);
        _connection.SetFrameMax((int)tuneOk.FrameMax);
        _connection.ChannelMax = tuneOk.ChannelMax;
        _connection.HeartbeatSeconds = tuneOk.Heartbeat;
        _connection.State = ConnectionState.Tuned;
    }

    // Zero means "no limit", which is more than the server's limit unless that is zero too.
    private static void CheckNegotiated(string name, uint wanted, uint minimum, uint maximum)
    {
        if (wanted != 0 && wanted < minimum)
        {
            throw new AmqpException(
                ReplyCode.NotAllowed,
                $"negotiated {name} = {wanted} is lower than the minimum allowed value ({minimum})");
        }
        if (maximum != 0 && (wanted == 0 || wanted > maximum))
        {
            throw new AmqpException(
                ReplyCode.NotAllowed,
                $"negotiated {name} = {wanted} is higher than the maximum allowed value ({maximum})");
        }
    }

    private void OnOpen(string vhostName)
    {
        string username = _connection.User!.Name;
        AmqpException? refusal = Broker.Connections.TryEnter(_connection, vhostName);
        if (refusal is not null)
            throw refusal;
        _connection.Permissions = new PermissionCache(username, vhostName, () => Broker.Security);
        _connection.State = ConnectionState.Running;
        _connection.Send(0, new ConnectionOpenOk());
        Broker.Log(
            LogLevel.Info, LogCategory.Connection,
            $"connection {_connection.Peer.Name}: user '{username}' authenticated and "
            + $"granted access to vhost '{vhostName}'");
    }

    private void OnClose()
    {
        _connection.Channels.CloseAll();
        _connection.State = ConnectionState.Closing;
        GoWithOwned(null);
    }

    // Internal users have no expiring secret; the new one is checked so that a wrong one is told at once.
    private void OnUpdateSecret(ReadOnlySpan<byte> secret)
    {
        SaslResult result = Broker.Authenticator.CheckPassword(
            SaslMechanism.Plain, _connection.User!.Name, secret, Broker.Security);
        if (result.Outcome != SaslOutcome.Accepted)
        {
            Broker.Log(
                LogLevel.Info, LogCategory.Connection,
                $"connection {_connection.Peer.Name}: new secret not used, "
                + $"user '{_connection.User.Name}' has a password");
        }
        _connection.Send(0, new ConnectionUpdateSecretOk());
    }
}
