using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>Declares (or deletes) many queues and says what each costs the broker.</summary>
internal sealed class DeclareCommand(Arguments arguments)
{
    private readonly BrokerAddress _address = BrokerAddress.Parse(arguments.Text("uri", BrokerAddress.Default));
    private readonly int _count = arguments.Whole("count", 1000, 1);
    private readonly string _pattern = arguments.Text("queue", "many-{i}");
    private readonly int _inFlight = arguments.Whole("in-flight", 100, 1);
    private readonly bool _durable = arguments.Flag("durable");
    private readonly string _type = arguments.Text("queue-type", "");
    private readonly bool _delete = arguments.Flag("delete");
    private readonly double _settleSeconds = arguments.Number("settle", 1);
    private readonly int _connections = arguments.Whole("connections", 1, 1);
    private readonly string _exchange = arguments.Text("exchange", "");
    private readonly ProcessUsage _usage = new(arguments.Text("pid", ""));

    internal JsonObject Run()
    {
        arguments.RejectRest();
        IReadOnlyList<string> names = RunOptions.Numbered(_pattern, _count);
        double before = _usage.Sample();
        double brokerSeconds = _usage.BrokerSeconds;
        Session[] sessions = [.. Enumerable.Range(0, _connections).Select(_ => Session.Open(_address))];
        Session session = sessions[0];
        long begun = Clock.Now;
        int answer = _delete ? Method.QueueDeleteOk : Method.QueueDeclareOk;
        var frames = new FrameBuilder();
        for (int i = 0; i < _count + _inFlight; i++)
        {
            // So many requests are under way that the round trip does not count.
            if (i < _count)
            {
                Encode(frames.Clear(), names[i]);
                sessions[i % _connections].Link.SendAll(frames.Written);
            }

            if (i < _inFlight)
                continue;
            Session earlier = sessions[(i - _inFlight) % _connections];
            earlier.Expect(answer);
            if (Binds)
                earlier.Expect(Method.QueueBindOk);
        }

        double seconds = Clock.Seconds(Clock.Now - begun);
        brokerSeconds = _usage.BrokerSeconds - brokerSeconds;
        using (var never = new ManualResetEventSlim(false))
            never.Wait(TimeSpan.FromSeconds(_settleSeconds));
        double after = _usage.Sample();
        var json = new JsonObject
        {
            ["broker"] = session.Product,
            ["queues"] = _count,
            ["seconds"] = Math.Round(seconds, 3),
            ["rate"] = Math.Round(_count / seconds),
            ["rss_before_mib"] = Math.Round(before, 1),
            ["rss_after_mib"] = Math.Round(after, 1),
            ["rss_each_kib"] = Math.Round((after - before) * 1024 / _count, 2),
        };
        _usage.AddTo(json, brokerSeconds, seconds, 0);
        foreach (Session one in sessions)
        {
            one.Close();
            one.Dispose();
        }

        return json;
    }

    private bool Binds => !_delete && _exchange.Length > 0;

    private void Encode(FrameBuilder frames, string name)
    {
        if (_delete)
            Session.EncodeDelete(frames, name);
        else
            Session.EncodeDeclare(frames, name, _durable ? Session.DurableFlag : 0, _type);
        if (Binds)
            Session.EncodeBind(frames, name, _exchange, name);
    }
}
