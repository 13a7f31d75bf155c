using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>Counts the messages that wait in queues, which must exist, and compares with how many should.</summary>
internal sealed class WaitingCommand(Arguments arguments)
{
    private readonly BrokerAddress _address = BrokerAddress.Parse(arguments.Text("uri", BrokerAddress.Default));
    private readonly int _queues = arguments.Whole("queues", 1, 1);
    private readonly string _pattern = arguments.Text("queue", "load-{i}");
    private readonly int _expected = arguments.Whole("expect", 0);
    private readonly ProcessUsage _usage = new(arguments.Text("pid", ""));

    internal JsonObject Run()
    {
        arguments.RejectRest();
        using Session session = Session.Open(_address);
        long waiting = RunOptions.Numbered(_pattern, _queues).Sum(session.CountMessages);
        var json = new JsonObject
        {
            ["broker"] = session.Product,
            ["queues"] = _queues,
            ["waiting"] = waiting,
            ["missing"] = _expected - waiting,
        };
        if (_usage.Watching)
            json["rss_after_mib"] = Math.Round(_usage.Sample(), 1);
        session.Close();
        return json;
    }
}
