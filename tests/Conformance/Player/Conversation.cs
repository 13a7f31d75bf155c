using System.Text;
using Warren.Conformance.Wire;

namespace Warren.Conformance.Player;

/// <summary>
/// One connection of a scenario: performs the handshake, keeps what channels are open, answers the server's closes and
/// collects what is to be told. The barrier is a passive declare of amq.direct, which changes nothing and whose answer
/// comes after everything that the channel had to say before.
/// </summary>
public sealed class Conversation(string name, Endpoint endpoint, string virtualHost) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly WireConnection _wire = new(endpoint.Host, endpoint.Port);
    private readonly SortedDictionary<ushort, ChannelState> _channels = [];
    private readonly List<Incoming> _heard = [];
    private ushort _channelMax = 2047;
    private int _frameMax = 131_072;

    /// <summary>The name that the scenario gives it.</summary>
    public string Name => name;

    /// <summary>connection.open-ok was received.</summary>
    public bool Running { get; private set; }

    /// <summary>Either side has ended the connection.</summary>
    public bool Over { get; private set; }

    /// <summary>connection.close-ok was received: who ends the TCP connection then, and when, is not told.</summary>
    public bool Ended { get; private set; }

    /// <summary>The virtual host that was opened.</summary>
    public string VirtualHost { get; private set; } = virtualHost;

    /// <summary>A server's channel.close is answered by the scenario itself.</summary>
    public bool WithholdsCloseOk { get; set; }

    /// <summary>Heartbeats are told too.</summary>
    public bool TellsHeartbeats { get; set; }

    /// <summary>The channel that the player uses for itself: the highest, so that scenarios do not meet it.</summary>
    private ushort Hidden => _channelMax > 100 ? _channelMax : (ushort)0;

    /// <summary>Takes what was heard since the last call, channel by channel.</summary>
    public List<Incoming> TakeHeard()
    {
        List<Incoming> heard = [.. _heard.OrderBy(incoming => incoming.Channel)];
        _heard.Clear();
        return heard;
    }

    /// <summary>Takes back something heard that is told in another way.</summary>
    public void Forget(Incoming incoming) => _heard.Remove(incoming);

    /// <summary>Protocol header to connection.open-ok; options as a scenario's connect step has them.</summary>
    public void Handshake(IReadOnlyDictionary<string, string> options)
    {
        _wire.Send("AMQP\0\0\u0009\u0001"u8);
        if (Next(Patience)?.Name != "connection.start")
            return;
        _heard.Clear();
        SendStartOk(options);
        Incoming? tune = Next(Patience);
        if (tune?.Name != "connection.tune")
            return;
        Dictionary<string, string> tuned = new()
        {
            ["channel_max"] = "2047",
            ["frame_max"] = "131072",
            ["heartbeat"] = "0",
        };
        foreach (string key in tuned.Keys.ToList())
            tuned[key] = options.GetValueOrDefault(key, tuned[key]);
        SendMethod(0, "connection.tune-ok", tuned);
        VirtualHost = options.ContainsKey("vhost")
            ? Encoding.UTF8.GetString(Literal.Text(options["vhost"]))
            : VirtualHost;
        SendMethod(0, "connection.open", new Dictionary<string, string> { ["virtual_host"] = '"' + VirtualHost + '"' });
        _heard.Clear();
        Next(Patience);
    }

    /// <summary>The state of a channel, made at its first use.</summary>
    public ChannelState Channel(ushort number)
    {
        if (!_channels.TryGetValue(number, out ChannelState? state))
            _channels[number] = state = new ChannelState();
        return state;
    }

    /// <summary>Opens a channel unless it is open, without telling when all goes well.</summary>
    public void EnsureOpen(ushort number)
    {
        if (Over || Channel(number).Open)
            return;
        SendMethod(number, "channel.open", new Dictionary<string, string>());
        Incoming? reply = Until(number, "channel.open-ok");
        if (reply is not null)
            _heard.Remove(reply);
    }

    /// <summary>Sends a method; arguments not named have the specification's or the zero value.</summary>
    public void SendMethod(ushort channel, string method, IReadOnlyDictionary<string, string> arguments)
    {
        MethodDefinition definition = MethodTable.Find(method) ?? throw new FormatException($"no method {method}");
        object[] values = [.. definition.Fields.Select(field => Argument(field, arguments))];
        Remember(method, values);
        _wire.SendFrame(1, channel, new Method(definition, values).Encode());
        if (method is "channel.close-ok")
            Channel(channel).Open = false;
    }

    /// <summary>Sends a content's header and its body in frames of the negotiated size.</summary>
    public void SendContent(ushort channel, ContentHeader header, byte[] body)
    {
        _wire.SendFrame(2, channel, header.Encode());
        int size = (_frameMax == 0 ? 131_072 : _frameMax) - 8;
        for (int at = 0; at < body.Length; at += size)
            _wire.SendFrame(3, channel, body[at..Math.Min(body.Length, at + size)]);
        ChannelState state = Channel(channel);
        if (state.NextConfirm > 0)
            state.Unconfirmed.Add(state.NextConfirm++);
    }

    /// <summary>Sends a frame as it is.</summary>
    public void SendFrame(byte type, ushort channel, byte[] payload, byte end) =>
        _wire.SendFrame(type, channel, payload, end);

    /// <summary>Sends bytes as they are.</summary>
    public void SendBytes(byte[] bytes) => _wire.Send(bytes);

    /// <summary>Ends the TCP connection without a word.</summary>
    public void Drop(bool reset)
    {
        _wire.Drop(reset);
        Over = true;
    }

    /// <summary>Waits for the next thing and deals with it; null when nothing came.</summary>
    public Incoming? Next(TimeSpan patience)
    {
        if (Over)
            return null;
        Deadline deadline = Deadline.In(patience);
        while (true)
        {
            Incoming? incoming;
            try
            {
                incoming = _wire.Receive(deadline.Left);
            }
            catch (InvalidDataException unreadable)
            {
                incoming = new Incoming(0, null, null, null, "unreadable: " + unreadable.Message);
                Over = true;
            }

            if (incoming is null)
                return null;
            if (incoming == Incoming.Heartbeat && !TellsHeartbeats)
                continue;
            if (incoming == Incoming.Closed && Ended)
            {
                Over = true;
                return null;
            }

            _heard.Add(incoming);
            Deal(incoming);
            if (incoming.Name is "basic.ack" or "basic.nack")
                HearConfirm(incoming);
            return incoming;
        }
    }

    /// <summary>
    /// Waits until the channel answers with one of the methods or closes; null when it does not or the connection ends.
    /// </summary>
    public Incoming? Until(ushort channel, params ReadOnlySpan<string> methods)
    {
        while (Next(Patience) is { } incoming)
        {
            if (incoming.Channel == channel && methods.Contains(incoming.Name))
                return incoming;
            if (Over || (incoming.Channel == channel && incoming.Name == "channel.close"))
                return null;
        }

        if (!Over)
            _heard.Add(new Incoming(channel, null, null, null, $"gives no answer ({string.Join(", ", methods!)})"));
        return null;
    }

    /// <summary>Waits until everything is heard that each open channel had to say.</summary>
    public void Settle(bool thoroughly)
    {
        if (!Running || Over)
            return;
        bool passed = false;
        foreach ((ushort number, ChannelState state) in _channels.ToList())
        {
            if (!state.Open || state.InContent || number == Hidden)
                continue;
            passed = true;
            Barrier(number);
            Deadline deadline = Deadline.In(Patience);
            while (state.Unconfirmed.Count > 0 && state.Open && !Over && Next(deadline.Left) is not null)
            {
            }
        }

        if (thoroughly || !passed)
            HiddenBarrier();
    }

    /// <summary>Opens the player's own channel, so that it can tell when bytes sent by hand were understood.</summary>
    public void PrepareHidden()
    {
        if (Running && !Over && Hidden > 0)
            EnsureOpen(Hidden);
    }

    /// <summary>Asks for a queue on the player's own channel; null when it does not exist.</summary>
    public (long Ready, long Consumers)? Ask(string queue)
    {
        PrepareHidden();
        SendMethod(Hidden, "queue.declare", new Dictionary<string, string> { ["queue"] = queue, ["passive"] = "true" });
        Incoming? reply = Until(Hidden, "queue.declare-ok");
        _heard.RemoveAll(incoming => incoming.Channel == Hidden);
        return reply?.Method is { } method
            ? ((long)method.Value("message_count"), (long)method.Value("consumer_count"))
            : null;
    }

    /// <summary>Ends the connection the way a client should, telling nothing.</summary>
    public void Dispose()
    {
        if (Running && !Over)
        {
            SendMethod(0, "connection.close", new Dictionary<string, string>());
            Until(0, "connection.close-ok");
        }

        _wire.Dispose();
        Over = true;
    }

    private void HiddenBarrier()
    {
        if (Over || Hidden == 0 || !Channel(Hidden).Open)
            return;
        Barrier(Hidden);
    }

    private void Barrier(ushort channel)
    {
        if (Over)
            return;
        Dictionary<string, string> passive = new() { ["exchange"] = "amq.direct", ["passive"] = "true" };
        SendMethod(channel, "exchange.declare", passive);
        Incoming? reply = Until(channel, "exchange.declare-ok");
        if (reply is not null)
            _heard.Remove(reply);
    }

    private void Deal(Incoming incoming)
    {
        ChannelState? state = _channels.GetValueOrDefault(incoming.Channel);
        switch (incoming.Name)
        {
            case "closed":
                Over = true;
                break;
            case "connection.open-ok":
                Running = true;
                break;
            case "connection.close":
                SendMethod(0, "connection.close-ok", new Dictionary<string, string>());
                Over = true;
                break;
            case "connection.close-ok":
                Running = false;
                Ended = true;
                break;
            case "channel.open-ok":
                _channels[incoming.Channel] = new ChannelState { Open = true };
                break;
            case "channel.close":
                if (!WithholdsCloseOk)
                    SendMethod(incoming.Channel, "channel.close-ok", new Dictionary<string, string>());
                state!.Open = false;
                break;
            case "channel.close-ok":
                state!.Open = false;
                break;
        }
    }

    /// <summary>
    /// Puts the tags that a confirm covers in its place, joined to a confirm just before it: whether a server tells of
    /// several publishes at once or one by one is its own affair.
    /// </summary>
    private void HearConfirm(Incoming confirm)
    {
        _heard.Remove(confirm);
        long tag = (long)confirm.Method!.Value("delivery_tag");
        IEnumerable<long> tags = _channels[confirm.Channel].Confirm(tag, (bool)confirm.Method.Value("multiple"));
        string text = $"{confirm.Name} confirms";
        if (_heard.LastOrDefault() is { Method: null } last
            && last.Channel == confirm.Channel
            && last.Name.StartsWith(text, StringComparison.Ordinal))
        {
            _heard.RemoveAt(_heard.Count - 1);
            text = last.Name;
        }

        text = string.Join(' ', [text, .. tags]);
        _heard.Add(new Incoming(confirm.Channel, null, null, null, text));
    }

    private void SendStartOk(IReadOnlyDictionary<string, string> options)
    {
        string user = options.GetValueOrDefault("user", endpoint.User);
        string password = options.GetValueOrDefault("password", endpoint.Password);
        string response = options.GetValueOrDefault("response", $"\"\\0{user}\\0{password}\"");
        string capabilities = options.GetValueOrDefault("capabilities") == "none" ? "" : ClientCapabilities;
        SendMethod(0, "connection.start-ok", new Dictionary<string, string>
        {
            ["client_properties"] = $"{{product: conformance, connection_name: \"{name}\"{capabilities}}}",
            ["mechanism"] = options.GetValueOrDefault("mechanism", "PLAIN"),
            ["response"] = response,
        });
    }

    private const string ClientCapabilities =
        ", capabilities: {publisher_confirms: true, exchange_exchange_bindings: true, basic.nack: true, "
        + "consumer_cancel_notify: true, connection.blocked: true, authentication_failure_close: true}";

    private void Remember(string method, object[] values)
    {
        if (method != "connection.tune-ok")
            return;
        _channelMax = (ushort)(long)values[0];
        _frameMax = (int)(long)values[1];
    }

    private static object Argument(FieldDefinition field, IReadOnlyDictionary<string, string> arguments)
    {
        if (arguments.TryGetValue(field.Name, out string? raw))
            return Literal.ForField(field.Type, raw);
        return field.Type switch
        {
            "bit" => false,
            "shortstr" or "longstr" => Literal.Text(field.Fallback ?? ""),
            "table" => new FieldTable(),
            _ => Literal.ForField(field.Type, field.Fallback ?? "0"),
        };
    }
}
