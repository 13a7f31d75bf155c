using System.Globalization;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Queues;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Scripted;

/// <summary>
/// A client of a script: one connection to one node, with a channel in confirm mode. What comes is kept until a command
/// asks for it. Commands are those of <see cref="ClusterScript"/> that begin with a client's name.
/// </summary>
internal sealed class ScriptedClient
{
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedConnection _connection;
    private readonly Action<string> _tell;
    private readonly List<string> _unconfirmed = [];
    private readonly List<string> _confirmed = [];
    private readonly List<string> _refused = [];
    private readonly Queue<Received> _deliveries = [];
    private readonly Queue<string> _events = [];
    private readonly Queue<Received> _answers = [];
    private readonly Dictionary<string, ulong> _tags = [];
    private bool _isOpen;

    public ScriptedClient(SimulatedCluster cluster, SimulatedNode node, Action<string> tell)
    {
        _cluster = cluster;
        _tell = tell;
        _connection = node.Connect();
        _connection.Send(new ConfirmSelect(noWait: true));
        Until(() => _isOpen, "its channel");
    }

    public void Do(ScriptLine line)
    {
        switch (line.Verb)
        {
            case "publish":
                Publish(line);
                break;
            case "verdicts":
                TellVerdicts(line);
                break;
            case "deliveries":
                TellDeliveries(int.Parse(line.Words[0], CultureInfo.InvariantCulture));
                break;
            case "nothing":
                _cluster.Steps((int)(line.Number("ms") ?? 1000) / 5);
                Take();
                TellDeliveries(_deliveries.Count);
                TellEvents();
                break;
            case "works":
                Work(int.Parse(line.Words[0], CultureInfo.InvariantCulture));
                break;
            case "told":
                Until(() => _events.Count > 0, "an event");
                TellEvents();
                break;
            case "ack" or "reject" or "requeue":
                foreach (string message in line.Words)
                    Settle(line.Verb, _tags[message]);
                break;
            case "cut":
                _connection.Cut();
                break;
            case "close":
                _connection.Send(new ConnectionClose(200, "bye", 0, 0), channel: 0);
                Until(() => _connection.IsOver || _answers.TryDequeue(out _), "the end");
                _connection.End();
                break;
            default:
                Ask(line);
                break;
        }
    }

    private void Ask(ScriptLine line)
    {
        switch (line.Verb)
        {
            case "get":
                _connection.Send(new BasicGet(line.Words[0], line.Flag("no-ack")));
                break;
            case "consume":
                Consume(line);
                break;
            case "cancel":
                _connection.Send(new BasicCancel(line.Words[0], noWait: false));
                break;
            case "qos":
                bool isGlobal = line.Flag("global");
                _connection.Send(new BasicQos(
                    0, ushort.Parse(line.Words[0], CultureInfo.InvariantCulture), isGlobal));
                break;
            case "purge":
                _connection.Send(new QueuePurge(line.Words[0], noWait: false));
                break;
            case "delete":
                _connection.Send(new QueueDelete(line.Words[0], ifUnused: false, ifEmpty: false, noWait: false));
                break;
            default:
                throw new InvalidOperationException($"Clients do not know '{line.Verb}'.");
        }
        Until(() => _answers.Count > 0 || _events.Count > 0, "an answer");
        if (_answers.TryDequeue(out Received? answer) && line.Verb is "get" or "purge")
            _tell(Text(answer!));
        TellEvents();
    }

    private void Consume(ScriptLine line)
    {
        bool noAck = line.Flag("no-ack");
        bool isExclusive = line.Flag("exclusive");
        var arguments = new FieldTable();
        if (line.Number("priority") is { } priority)
            arguments.Add("x-priority", FieldValue.Of(priority));
        if (line.Number("timeout") is { } timeoutMs)
            arguments.Add("x-consumer-timeout", FieldValue.Of(timeoutMs));
        _connection.Send(new BasicConsume(
            line.Words[0], line.Words[1], noLocal: false, noAck, isExclusive, noWait: false, arguments));
    }

    private void Publish(ScriptLine line)
    {
        bool isAwaited = !line.Flag("unawaited");
        bool isTransient = line.Flag("transient");
        foreach (string body in line.Words.Skip(1))
        {
            var properties = new BasicProperties
            {
                DeliveryMode = (byte)(isTransient ? 1 : 2),
                Expiration = line.Option("ttl"),
                Priority = (byte?)line.Number("priority"),
            };
            _connection.Writer.AddPublish(
                1, line.Option("exchange") ?? "", line.Words[0], WireClient.Bytes(body), properties.ToArray());
            _unconfirmed.Add(body);
        }
        _connection.Flush();
        if (isAwaited)
            TellVerdicts(line);
    }

    private void TellVerdicts(ScriptLine line)
    {
        long withinMs = line.Number("within") ?? 40_000;
        Until(() => _unconfirmed.TrueForAll(string.IsNullOrEmpty) || _events.Count > 0, "verdicts", withinMs / 5);
        if (_confirmed.Count > 0)
            _tell($"confirmed {ScriptLine.Contract(_confirmed)}");
        if (_refused.Count > 0)
            _tell($"refused {ScriptLine.Contract(_refused)}");
        _confirmed.Clear();
        _refused.Clear();
        TellEvents();
    }

    private void TellDeliveries(int count)
    {
        Until(() => _deliveries.Count >= count, $"{count} deliveries");
        if (count == 0)
            _tell("nothing");
        for (; count > 0; count--)
            _tell(Text(_deliveries.Dequeue()));
    }

    // Acknowledges what comes until so many messages have; says which came twice, or behind a later one of their queue.
    private void Work(int messages)
    {
        List<string> seen = [];
        Until(
            () =>
            {
                while (seen.Distinct().Count() < messages && _deliveries.TryDequeue(out Received? delivery))
                {
                    seen.Add(Encoding.UTF8.GetString(delivery.Body));
                    Settle("ack", delivery.DeliveryTag);
                }
                return seen.Distinct().Count() >= messages;
            },
            $"all of {messages}");
        IEnumerable<string> again = seen.CountBy(static body => body).Where(static one => one.Value > 1)
            .Select(static one => one.Key);
        string[] twice = [.. again];
        int last = 0;
        bool isOrdered = seen.TrueForAll(body =>
        {
            int number = int.Parse(body.AsSpan(1), CultureInfo.InvariantCulture);
            (bool follows, last) = (number > last, number);
            return follows;
        });
        string order = isOrdered ? "in order" : "out of order";
        _tell(twice.Length > 0 ? $"{string.Join(' ', twice)} came twice" : $"all once, {order}");
    }

    private void TellEvents()
    {
        while (_events.TryDequeue(out string? told))
            _tell(told);
    }

    private void Settle(string verb, ulong tag)
    {
        if (verb == "ack")
            _connection.Send(new BasicAck(tag, multiple: false));
        else
            _connection.Send(new BasicReject(tag, requeue: verb == "requeue"));
    }

    private void Until(Func<bool> condition, string what, long mostSteps = 8000) => _cluster.Until(
        () =>
        {
            Take();
            return condition();
        },
        (int)mostSteps, what);

    private void Take()
    {
        foreach (Received received in _connection.Take())
            On(received);
    }

    private void On(Received received)
    {
        switch (received.Method)
        {
            case MethodId.ChannelOpenOk:
                _isOpen = true;
                break;
            case MethodId.BasicAck or MethodId.BasicNack:
                Verdict(received);
                break;
            case MethodId.BasicDeliver:
                Note(received);
                _deliveries.Enqueue(received);
                break;
            case MethodId.BasicCancel:
                var reader = new WireReader(received.Arguments);
                _events.Enqueue($"cancelled {BasicCancel.Read(ref reader).ConsumerTagText}");
                break;
            case MethodId.ChannelClose or MethodId.ConnectionClose:
                _events.Enqueue($"closed: {received.CloseReason}");
                break;
            case MethodId.BasicGetOk:
                Note(received);
                _answers.Enqueue(received);
                break;
            default:
                if (received.Channel == 1 || received.Method == MethodId.ConnectionCloseOk)
                    _answers.Enqueue(received);
                break;
        }
    }

    private void Note(Received received) => _tags[Encoding.UTF8.GetString(received.Body)] = received.DeliveryTag;

    private void Verdict(Received received)
    {
        ulong last = received.Sequence;
        List<string> told = received.Method == MethodId.BasicAck ? _confirmed : _refused;
        for (ulong number = received.IsMultiple ? 1 : last; number <= last; number++)
        {
            // Numbers begin at 1.
            int at = (int)number - 1;
            if (_unconfirmed[at].Length > 0)
                told.Add(_unconfirmed[at]);
            _unconfirmed[at] = "";
        }
    }

    // A message, as it came.
    private static string Text(Received received)
    {
        if (received.Method == MethodId.BasicGetEmpty)
            return "empty";
        if (received.Method == MethodId.QueuePurgeOk)
            return $"purged {received.MessageCount}";
        var text = new StringBuilder(Encoding.UTF8.GetString(received.Body));
        if (received.Method == MethodId.BasicDeliver)
            text.Append(CultureInfo.InvariantCulture, $" to {received.ConsumerTag}");
        if (received.IsRedelivered)
            text.Append(" redelivered");
        FieldTable headers = BasicProperties.Decode(received.Properties).Headers ?? FieldTable.Empty;
        if (headers.TryGetValue("x-delivery-count", out FieldValue count))
            text.Append(CultureInfo.InvariantCulture, $" count {count}");
        if (headers.TryGetValue("x-death", out FieldValue deaths))
        {
            FieldTable death = deaths.AsArray()[0].AsTable();
            text.Append(CultureInfo.InvariantCulture, $", {death["reason"].AsText()} from {death["queue"].AsText()}");
        }
        return text.ToString();
    }
}
