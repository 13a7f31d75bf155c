using System.Globalization;
using Warren.Amqp;
using Warren.Wire;

namespace Warren.Fuzz.Connections;

/// <summary>
/// Makes methods of every class that a server is likely to accept, on a few queues and exchanges.
/// </summary>
public sealed class MethodMaker
{
    private const int Names = 5;

    private static readonly string[] Types =
        ["direct", "fanout", "topic", "headers", "x-consistent-hash", "x-random", "x-delayed-message"];

    private static readonly string[] Keys = ["", "k", "a.b", "a.b.c", "#", "*.b", "a.#", "1", "10", "q0", "q1", "q2"];

    private readonly Random _random;
    private readonly QueueProfile[] _queues;
    private readonly (string Type, FieldTable Arguments)[] _exchanges;

    /// <param name="random">Draws everything.</param>
    public MethodMaker(Random random)
    {
        _random = random;
        _queues = [.. Enumerable.Range(0, Names).Select(_ => QueueProfile.Make(random))];
        _exchanges = [.. Enumerable.Range(0, Names).Select(_ => MakeExchange())];
    }

    /// <summary>Adds a method, with its content if it has one.</summary>
    public void Add(WireClient frames, ushort channel)
    {
        switch (_random.Next(100))
        {
            case < 14:
                DeclareQueue(frames, channel);
                break;
            case < 19:
                DeclareExchange(frames, channel);
                break;
            case < 28:
                Bind(frames, channel);
                break;
            case < 58:
                Publish(frames, channel);
                break;
            case < 68:
                Consume(frames, channel);
                break;
            case < 76:
                frames.Add(channel, new BasicGet(Queue(), Chance(2)));
                break;
            case < 80:
                frames.Add(channel, new BasicQos(0, (ushort)_random.Next(6), Chance(2)));
                break;
            case < 86:
                Mode(frames, channel);
                break;
            case < 92:
                Remove(frames, channel);
                break;
            default:
                Small(frames, channel);
                break;
        }
    }

    /// <summary>Declares most queues and exchanges, and binds some.</summary>
    public void AddTopology(WireClient frames, ushort channel)
    {
        for (var number = 0; number < Names; number++)
        {
            var queue = _queues[number];
            var (type, arguments) = _exchanges[number];
            if (!Chance(5))
                frames.Add(channel, Declaration(number, queue, queue.Arguments, passive: false));
            if (!Chance(5))
                frames.Add(channel, Declaration(number, type, arguments, passive: false));
        }

        for (var count = _random.Next(8); count > 0; count--)
        {
            var queue = $"q{_random.Next(Names)}";
            frames.Add(channel, new QueueBind(queue, "amq.topic", Pick(Keys), Chance(3), Arguments()));
        }
    }

    private QueueDeclare Declaration(int number, QueueProfile profile, FieldTable arguments, bool passive) =>
        new($"q{number}", passive, profile.Durable, profile.Exclusive, profile.AutoDelete, Chance(3), arguments);

    private ExchangeDeclare Declaration(int number, string type, FieldTable arguments, bool passive) =>
        new(
            $"x{number}", type, passive, durable: number % 2 == 0, autoDelete: number == 4,
            @internal: number == 3 && Chance(9), Chance(3), arguments);

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private string Pick(string[] names) => names[_random.Next(names.Length)];

    private string Queue() => Chance(12) ? "" : Chance(40) ? "none" : $"q{_random.Next(Names)}";

    private string Exchange() => _random.Next(8) switch
    {
        0 => "",
        1 => Pick(["amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match"]),
        2 when Chance(8) => "none",
        _ => $"x{_random.Next(Names)}",
    };

    // Five tags for each kind, so that some are used again; the client tells by them what must be settled.
    private string Tag(bool noAck) => $"{(noAck ? "n" : "a")}{_random.Next(Names)}";

    private FieldTable Arguments() => Chance(20) ? Samples.Table(_random) : FieldTable.Empty;

    private (string Type, FieldTable Arguments) MakeExchange()
    {
        var type = Pick(Types);
        var arguments = new FieldTable();
        if (type == "x-delayed-message")
            arguments.Add("x-delayed-type", FieldValue.Of(Pick(Types[..4])));
        if (type == "x-consistent-hash" && Chance(3))
            arguments.Add("hash-header", FieldValue.Of("h"));
        if (Chance(4))
            arguments.Add("alternate-exchange", FieldValue.Of($"x{_random.Next(Names)}"));
        return (type, arguments);
    }

    private void DeclareQueue(WireClient frames, ushort channel)
    {
        if (Chance(12))
        {
            frames.Add(channel, new QueueDeclare("", false, false, Chance(2), Chance(2), false, Arguments()));
            return;
        }

        var number = _random.Next(Names);
        var profile = _queues[number];
        if (Chance(20))
            profile = QueueProfile.Make(_random);
        var arguments = Chance(30) ? Samples.Table(_random) : profile.Arguments;
        frames.Add(channel, Declaration(number, profile, arguments, passive: Chance(6)));
    }

    private void DeclareExchange(WireClient frames, ushort channel)
    {
        var number = _random.Next(Names);
        var (type, arguments) = Chance(20) ? MakeExchange() : _exchanges[number];
        frames.Add(channel, Declaration(number, type, arguments, passive: Chance(12)));
    }

    private void Bind(WireClient frames, ushort channel)
    {
        var key = Pick(Keys);
        var arguments = Arguments();
        if (Chance(4))
        {
            string[] matches = ["all", "any", "all-with-x", "any-with-x"];
            arguments = new FieldTable
            {
                ["x-match"] = FieldValue.Of(Pick(matches)),
                ["h"] = FieldValue.Of(_random.Next(3)),
            };
        }

        switch (_random.Next(10))
        {
            case < 5:
                frames.Add(channel, new QueueBind(Queue(), Exchange(), key, Chance(3), arguments));
                break;
            case < 7:
                frames.Add(channel, new QueueUnbind(Queue(), Exchange(), key, arguments));
                break;
            case < 9:
                frames.Add(channel, new ExchangeBind(Exchange(), Exchange(), key, Chance(3), arguments));
                break;
            default:
                frames.Add(channel, new ExchangeUnbind(Exchange(), Exchange(), key, Chance(3), arguments));
                break;
        }
    }

    private void Publish(WireClient frames, ushort channel)
    {
        var exchange = Chance(2) ? "" : Exchange();
        var key = exchange.Length == 0 ? $"q{_random.Next(Names)}" : Pick(Keys);
        var size = _random.Next(200) == 0 ? 200_000 : Chance(10) ? 10_000 : Chance(4) ? 0 : 100;
        var body = new byte[_random.Next(size + 1)];
        for (var count = Chance(4) ? _random.Next(1, 10) : 1; count > 0; count--)
            AddMessage(frames, channel, exchange, key, body);
    }

    private void AddMessage(WireClient frames, ushort channel, string exchange, string key, byte[] body)
    {
        frames.Add(channel, new BasicPublish(exchange, key, mandatory: Chance(3), immediate: Chance(200)));
        frames.AddHeader(channel, (ulong)body.Length, Chance(2) ? [] : Properties().ToArray());
        // In frames of any size that every client's frame-max allows.
        for (var at = 0; at < body.Length;)
        {
            var piece = Math.Min(body.Length - at, Chance(3) ? _random.Next(4000) : 4000);
            frames.AddBody(channel, body.AsSpan(at, piece));
            at += piece;
        }
    }

    private BasicProperties Properties()
    {
        if (Chance(30))
            return Samples.Properties(_random);
        var properties = new BasicProperties();
        if (Chance(2))
            properties.DeliveryMode = (byte)_random.Next(1, 3);
        if (Chance(3))
            properties.Priority = (byte)_random.Next(20);
        if (Chance(5))
            properties.Expiration = _random.Next(3000).ToString(CultureInfo.InvariantCulture);
        if (Chance(20))
            properties.ReplyTo = "amq.rabbitmq.reply-to";
        if (Chance(3))
        {
            var headers = new FieldTable { ["h"] = FieldValue.Of(_random.Next(3)) };
            var more = new FieldArray(FieldValue.Of(Pick(Keys)), FieldValue.Of("q3"));
            if (Chance(3))
                headers.Add(Chance(2) ? "CC" : "BCC", FieldValue.Of(more));
            if (Chance(2))
                headers.Add("x-delay", FieldValue.Of(_random.Next(-10, 5000)));
            properties.Headers = headers;
        }

        return properties;
    }

    private void Consume(WireClient frames, ushort channel)
    {
        if (Chance(10))
        {
            var replyTag = $"r{_random.Next(2)}";
            frames.Add(channel, WireClient.Consume("amq.rabbitmq.reply-to", replyTag, noAck: true, Chance(2)));
            return;
        }

        var noAck = Chance(3);
        var arguments = Arguments();
        if (Chance(4))
            arguments = new FieldTable { ["x-priority"] = FieldValue.Of(_random.Next(-2, 3)) };
        else if (Chance(6))
            arguments = new FieldTable { ["x-consumer-timeout"] = FieldValue.Of(_random.Next(1, 5000)) };
        var tag = !noAck && Chance(8) ? "" : Tag(noAck);
        frames.Add(channel, new BasicConsume(Queue(), tag, Chance(9), noAck, Chance(12), Chance(3), arguments));
    }

    private void Mode(WireClient frames, ushort channel)
    {
        switch (_random.Next(6))
        {
            case < 2:
                frames.Add(channel, new ConfirmSelect(Chance(2)));
                break;
            case < 5:
                frames.Add(channel, new TxSelect());
                for (var count = _random.Next(4); count > 0; count--)
                    Publish(frames, channel);
                if (Chance(3))
                    frames.Add(channel, new TxRollback());
                else
                    frames.Add(channel, new TxCommit());
                break;
            default:
                frames.Add(channel, new TxCommit());
                break;
        }
    }

    private void Remove(WireClient frames, ushort channel)
    {
        switch (_random.Next(8))
        {
            case < 3:
                frames.Add(channel, new BasicCancel(Tag(Chance(2)), Chance(3)));
                break;
            case < 5:
                frames.Add(channel, new QueueDelete(Queue(), Chance(3), Chance(3), Chance(3)));
                break;
            case 5:
                frames.Add(channel, new ExchangeDelete($"x{_random.Next(Names)}", Chance(3), Chance(3)));
                break;
            case 6:
                frames.Add(channel, new BasicCancel($"r{_random.Next(2)}", Chance(3)));
                break;
            default:
                frames.Add(channel, new QueuePurge(Queue(), Chance(3)));
                break;
        }
    }

    private void Small(WireClient frames, ushort channel)
    {
        switch (_random.Next(7))
        {
            case 0:
                frames.Add(channel, new ChannelFlow(!Chance(6)));
                break;
            case 1:
                frames.Add(channel, new AccessRequest("/data", Chance(2), Chance(2), Chance(2), Chance(2), Chance(2)));
                break;
            case 2:
                frames.Add(channel, new BasicRecover(!Chance(9)));
                break;
            case 3:
                frames.Add(channel, new BasicRecoverAsync(!Chance(9)));
                break;
            case 4:
                frames.Add(channel, new BasicAck((ulong)_random.Next(4), Chance(2)));
                break;
            case 5:
                var profile = _queues[0];
                frames.Add(channel, Declaration(_random.Next(Names), profile, profile.Arguments, passive: true));
                break;
            default:
                frames.Add(channel, new BasicReject((ulong)_random.Next(4), Chance(2)));
                break;
        }
    }
}
