using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>
/// Opens many connections with a channel each, holds them without traffic and says what they cost the broker in memory
/// and in processor time while nobody asks it for anything.
/// </summary>
internal sealed class ConnectCommand(Arguments arguments)
{
    private readonly BrokerAddress _address = BrokerAddress.Parse(arguments.Text("uri", BrokerAddress.Default));
    private readonly int _count = arguments.Whole("count", 1000, 1);
    private readonly double _settleSeconds = arguments.Number("settle", 3);
    private readonly double _holdSeconds = arguments.Number("hold", 10);
    private readonly int _heartbeatSeconds = arguments.Whole("heartbeat", 60);
    private readonly ProcessUsage _usage = new(arguments.Text("pid", ""));

    internal JsonObject Run()
    {
        arguments.RejectRest();
        double before = _usage.Sample();
        var sessions = new List<Session>(_count);
        try
        {
            long begun = Clock.Now;
            for (int i = 0; i < _count; i++)
                sessions.Add(Session.Open(_address, 1024, _heartbeatSeconds));
            double openSeconds = Clock.Seconds(Clock.Now - begun);
            Hold(sessions, _settleSeconds);
            long from = Clock.Now;
            double brokerSeconds = _usage.BrokerSeconds;
            Hold(sessions, _holdSeconds);
            double heldSeconds = Clock.Seconds(Clock.Now - from);
            brokerSeconds = _usage.BrokerSeconds - brokerSeconds;
            double after = _usage.Sample();
            var json = new JsonObject
            {
                ["broker"] = sessions[0].Product,
                ["connections"] = _count,
                ["open_rate"] = Math.Round(_count / openSeconds),
                ["rss_before_mib"] = Math.Round(before, 1),
                ["rss_after_mib"] = Math.Round(after, 1),
                ["rss_each_kib"] = Math.Round((after - before) * 1024 / _count, 2),
                ["idle_cpu_percent_of_core"] = Math.Round(100 * brokerSeconds / heldSeconds, 2),
            };
            _usage.AddTo(json, brokerSeconds, heldSeconds, 0);
            sessions.ForEach(session => session.SendClose());
            sessions.ForEach(session => session.AwaitClosed());
            return json;
        }
        finally
        {
            sessions.ForEach(session => session.Dispose());
        }
    }

    // Keeps its side of the heartbeat agreement, as every client library does.
    private void Hold(List<Session> sessions, double seconds)
    {
        byte[] heartbeat = new FrameBuilder().Open(Frame.HeartbeatType, 0).End().Written.ToArray();
        long until = Clock.Now + (long)(seconds * Clock.Second);
        long nextBeat = Clock.Now + (_heartbeatSeconds * Clock.Second / 2);
        using var never = new ManualResetEventSlim(false);
        while (Clock.Now < until)
        {
            never.Wait(50);
            _usage.Sample();
            if (_heartbeatSeconds == 0 || Clock.Now < nextBeat)
                continue;
            nextBeat += _heartbeatSeconds * Clock.Second / 2;
            sessions.ForEach(session => session.Link.SendAll(heartbeat));
        }
    }
}
