using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>
/// Declares and deletes queues over many connections, spread over the nodes that are named, each of which waits for its
/// answer before it asks for the next.
/// </summary>
internal sealed class ChurnCommand(Arguments arguments)
{
    private const int SampleMs = 50;

    private readonly BrokerAddress[] _addresses =
        [.. arguments.Text("uri", BrokerAddress.Default).Split(',').Select(BrokerAddress.Parse)];
    private readonly int _connections = arguments.Whole("connections", 12, 1);
    private readonly int _flags = (arguments.Flag("durable") ? Session.DurableFlag : 0)
        | (arguments.Flag("exclusive") ? Session.ExclusiveFlag : 0);
    private readonly double _warmUpSeconds = arguments.Number("warm-up", 2);
    private readonly double _seconds = arguments.Number("seconds", 10);
    private readonly ProcessUsage _usage = new(arguments.Text("pid", ""));
    private readonly RunControl _control = new();

    internal JsonObject Run()
    {
        arguments.RejectRest();
        var endpoints = new List<ChurnEndpoint>(_connections);
        try
        {
            var loop = new EventLoop(_control, "churn", precise: false);
            for (int i = 0; i < _connections; i++)
            {
                var settings = new ChurnSettings($"churn-{i}", _flags);
                endpoints.Add(new ChurnEndpoint(Session.Open(_addresses[i % _addresses.Length]), settings, _control));
                loop.Add(endpoints[i]);
            }

            _control.Phase = RunControl.Producing;
            loop.Start();
            return Measure(endpoints, loop);
        }
        finally
        {
            endpoints.ForEach(endpoint => endpoint.Dispose());
        }
    }

    private JsonObject Measure(List<ChurnEndpoint> endpoints, EventLoop loop)
    {
        Wait(_warmUpSeconds);
        _control.MeasureFrom = Clock.Now;
        long from = Clock.Now;
        long before = endpoints.Sum(one => one.Done);
        double brokerSeconds = _usage.BrokerSeconds;
        Wait(_seconds);
        long done = endpoints.Sum(one => one.Done) - before;
        double seconds = Clock.Seconds(Clock.Now - from);
        brokerSeconds = _usage.BrokerSeconds - brokerSeconds;
        _control.Phase = RunControl.Draining;
        while (!endpoints.TrueForAll(one => one.HasEnded))
            Wait(SampleMs / 1000.0);
        _control.Phase = RunControl.Ended;
        loop.Join();

        var declares = new Histogram();
        var deletes = new Histogram();
        var both = new Histogram();
        foreach (ChurnEndpoint endpoint in endpoints)
        {
            declares.Add(endpoint.Declares);
            deletes.Add(endpoint.Deletes);
            both.Add(endpoint.Declares);
            both.Add(endpoint.Deletes);
        }
        var json = new JsonObject
        {
            ["broker"] = endpoints[0].Session.Product,
            ["connections"] = _connections,
            ["seconds"] = Math.Round(seconds, 3),
            ["operations"] = done,
            ["rate"] = Math.Round(done / seconds),
            ["declare_us"] = declares.ToJson(),
            ["delete_us"] = deletes.ToJson(),
            ["latency_us"] = both.ToJson(),
        };
        _usage.AddTo(json, brokerSeconds, seconds, done);
        return json;
    }

    private void Wait(double seconds)
    {
        long until = Clock.Now + (long)(seconds * Clock.Second);
        using var never = new ManualResetEventSlim(false);
        do
        {
            never.Wait(SampleMs);
            if (_control.Failure is { } failure)
                throw new IOException(failure.Message, failure);
            _usage.Sample();
        }
        while (Clock.Now < until);
    }
}
