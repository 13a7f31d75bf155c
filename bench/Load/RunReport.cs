using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>Turns what the endpoints counted into the run's line of JSON.</summary>
internal sealed class RunReport(
    RunOptions options,
    ProcessUsage usage,
    IReadOnlyList<Producer> producers,
    IReadOnlyList<Consumer> consumers,
    IReadOnlyList<ArrivalLedger?> ledgers)
{
    private const double BytesPerMiB = 1 << 20;

    internal JsonObject ToJson(string product, Snapshot from, Snapshot to, bool drained)
    {
        double seconds = Clock.Seconds(to.At - from.At);
        long published = to.Published - from.Published;
        long consumed = to.Consumed - from.Consumed;
        var json = new JsonObject
        {
            ["broker"] = product,
            ["producers"] = producers.Count,
            ["consumers"] = consumers.Count,
            ["queues"] = options.Queues.Count,
            ["size"] = options.BodyBytes,
            ["seconds"] = Math.Round(seconds, 3),
            ["published"] = producers.Sum(one => one.Published),
            ["consumed"] = consumers.Sum(one => one.Consumed),
            ["drained"] = drained,
            ["publish_rate"] = Math.Round(published / seconds),
            ["consume_rate"] = Math.Round(consumed / seconds),
            ["latency_us"] = Merged(consumers.Select(one => one.Latency)),
        };
        if (options.Rate > 0)
            json["send_lag_us"] = Merged(producers.Select(one => one.Lag));
        if (options.ConfirmWindow > 0)
        {
            json["confirmed"] = producers.Sum(one => one.Window!.Confirmed);
            json["rejected"] = producers.Sum(one => one.Window!.Rejected);
            json["confirm_us"] = Merged(producers.Select(one => one.Window!.Latency));
        }

        json["blocked"] = producers.Sum(one => one.Blocked);
        json["redelivered"] = consumers.Sum(one => one.Redelivered);
        json["corrupt"] = consumers.Sum(one => one.Corrupt);
        if (options.Integrity)
            AddIntegrity(json);
        json["generator_cpu_cores"] = Math.Round((to.OwnSeconds - from.OwnSeconds) / seconds, 3);
        long messages = consumers.Count > 0 ? consumed : published;
        usage.AddTo(json, to.BrokerSeconds - from.BrokerSeconds, seconds, messages);
        if (usage.Watching && published > 0)
            AddWritten(json, to.WrittenBytes - from.WrittenBytes, published * options.BodyBytes);
        return json;
    }

    private static void AddWritten(JsonObject json, long writtenBytes, long publishedBytes)
    {
        json["broker_written_mib"] = Math.Round(writtenBytes / BytesPerMiB, 1);
        json["written_to_published"] = Math.Round(writtenBytes / (double)publishedBytes, 3);
    }

    private void AddIntegrity(JsonObject json)
    {
        long lost = 0;
        for (int queue = 0; queue < ledgers.Count; queue++)
        {
            foreach (Producer producer in producers.Where(one => options.Reaches(one.Number, queue)))
                lost += producer.Published - ledgers[queue]!.CountOf(producer.Number);
        }

        json["lost"] = lost;
        json["duplicated"] = consumers.Sum(one => one.Duplicated);
        json["reordered"] = consumers.Sum(one => one.Reordered);
    }

    private static JsonObject? Merged(IEnumerable<Histogram> parts)
    {
        var all = new Histogram();
        foreach (Histogram part in parts)
            all.Add(part);
        return all.ToJson();
    }
}
