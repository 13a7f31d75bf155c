using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>
/// One run: declare, connect, warm up, measure, stop publishing, let the consumers have what is left, report.
/// The calling thread only watches; the loops do the work.
/// </summary>
internal sealed class Measurement(RunOptions options) : IDisposable
{
    private const int SampleMs = 50;
    // Longer than a broker pauses while it reads a backlog from disk.
    private const long IdleEnough = 10 * Clock.Second;
    private const int WriteBytes = 64 * 1024;
    private const int SmallestWriteBytes = 16 * 1024;
    private const int ReceiveBytes = 256 * 1024;
    private const int SmallestReceiveBytes = 16 * 1024;

    private readonly RunControl _control = new();
    private readonly ProcessUsage _usage = new(options.ProcessIds);
    private readonly ArrivalLedger?[] _ledgers = new ArrivalLedger?[options.Queues.Count];
    private readonly List<Producer> _producers = [];
    private readonly List<Consumer> _consumers = [];
    private readonly List<EventLoop> _loops = [];
    private readonly ManualResetEventSlim _never = new(false);
    private readonly DirectoryUsage _directory = new(options.Directory);
    private readonly DiskUsage _disk = new(options.Disk);
    private long _waiting;

    internal JsonObject Run()
    {
        using Session control = Session.Open(options.Address);
        var topology = new RunTopology(options, control);
        _waiting = topology.Declare();
        Snapshot from = Take();
        Connect();
        _loops.ForEach(loop => loop.Start());

        _control.Phase = RunControl.Producing;
        long begun = Clock.Now;
        WaitUntil(() => Clock.Now - begun >= options.WarmUpSeconds * Clock.Second || AllDone());
        _control.MeasureFrom = Clock.Now;
        // What waits comes as soon as it is subscribed to.
        if (!options.OnlyDrains)
            from = Take();
        WaitUntil(() => Clock.Now - from.At >= options.Seconds * Clock.Second || AllDone());
        Snapshot to = Take();
        _control.Phase = RunControl.Draining;
        bool drained = Drain();
        if (options.Messages > 0 || options.OnlyDrains)
            to = Take() with { At = LastAt() };
        _control.Phase = RunControl.Ended;
        _loops.ForEach(loop => loop.Join());

        var report = new RunReport(options, _usage, _producers, _consumers, _ledgers);
        JsonObject json = report.ToJson(control.Product, from, to, drained);
        SayGoodbye();
        _directory.AddTo(json);
        topology.Remove();
        control.Close();
        return json;
    }

    public void Dispose()
    {
        _producers.ForEach(one => one.Dispose());
        _consumers.ForEach(one => one.Dispose());
        _never.Dispose();
    }

    private void Connect()
    {
        EventLoop[] consumerLoops = MakeLoops("consumers", options.Consumers);
        int receiveBytes = Math.Max(SmallestReceiveBytes, ReceiveBytes / Math.Max(1, options.Consumers));
        for (int i = 0; options.Integrity && i < _ledgers.Length; i++)
            _ledgers[i] = new ArrivalLedger(options.Producers);
        for (int i = 0; i < options.Consumers; i++)
        {
            int queue = i % options.Queues.Count;
            Session session = Session.Open(options.ConsumersAddress, receiveBytes);
            var settings = new ConsumerSettings(
                options.BodyBytes, options.AckEvery, options.Producers, _ledgers[queue]);
            var consumer = new Consumer(session, settings, _control);
            _consumers.Add(consumer);
            if (options.AckEvery > 0)
                session.Prefetch(options.Prefetch);
            session.Consume(options.Queues[queue], options.AckEvery == 0);
            consumerLoops[i % consumerLoops.Length].Add(consumer);
        }

        EventLoop[] producerLoops = MakeLoops("producers", options.Producers);
        int writeBytes = Math.Max(SmallestWriteBytes, WriteBytes / Math.Max(1, options.Producers));
        for (int i = 0; i < options.Producers; i++)
        {
            Session session = Session.Open(options.ProducersAddress);
            var messages = new EncodedMessages(
                options.Exchange, options.KeysOf(i), options.BodyBytes, options.Persistent, writeBytes);
            var settings = new ProducerSettings(
                i, messages, options.Messages > 0 ? options.Messages : long.MaxValue,
                options.Rate / options.Producers, options.ConfirmWindow);
            var producer = new Producer(session, settings, _control);
            _producers.Add(producer);
            if (options.ConfirmWindow > 0)
                session.SelectConfirms();
            producerLoops[i % producerLoops.Length].Add(producer);
        }
    }

    private EventLoop[] MakeLoops(string name, int endpoints)
    {
        int count = Math.Min(options.Loops, endpoints);
        EventLoop[] loops = [.. Enumerable.Range(0, count)
            .Select(i => new EventLoop(_control, $"{name} {i}", options.Rate > 0))];
        _loops.AddRange(loops);
        return loops;
    }

    private bool AllDone() => options.OnlyDrains
        ? Consumed >= _waiting
        : _producers.TrueForAll(producer => producer.Done);

    private long Published => _producers.Sum(one => one.Published);

    private long Consumed => _consumers.Sum(one => one.Consumed);

    private long Expected => (Published * options.Copies) + _waiting;

    // When the last message was confirmed or came, whichever was later.
    private long LastAt()
    {
        IEnumerable<long> ends = _producers.Select(one => one.DoneAt).Concat(_consumers.Select(one => one.LastAt));
        return ends.Contains(0) ? Clock.Now : ends.Max();
    }

    // Until everything expected has come, nothing has come for a while, or the time for it is over.
    private bool Drain()
    {
        long deadline = Clock.Now + (long)(options.DrainSeconds * Clock.Second);
        long last = -1;
        long lastChange = Clock.Now;
        bool complete = false;
        WaitUntil(() =>
        {
            long now = Clock.Now;
            long consumed = Consumed;
            if (consumed != last)
                (last, lastChange) = (consumed, now);
            bool all = AllDone();
            complete = all && (_consumers.Count == 0 || consumed >= Expected);
            return complete || now > deadline || (all && now - lastChange > IdleEnough);
        });
        return complete;
    }

    private void WaitUntil(Func<bool> condition)
    {
        while (!condition())
        {
            if (_control.Failure is { } failure)
                throw new IOException(failure.Message, failure);
            _never.Wait(SampleMs);
            _usage.Sample();
            _directory.Sample((Expected - Consumed) / options.Copies * options.BodyBytes);
        }
    }

    private Snapshot Take() => new(
        Clock.Now, Published, Consumed, _usage.BrokerSeconds, ProcessUsage.OwnSeconds,
        _disk.IsKnown ? _disk.WrittenBytes : _usage.WrittenBytes);

    // All say it before the first waits, so that a thousand connections close in one round.
    private void SayGoodbye()
    {
        if (!_producers.TrueForAll(producer => producer.Done))
            return; // a frame may be half sent; dropping the socket is the honest end
        Session[] sessions = [.. _producers.Select(one => one.Session), .. _consumers.Select(one => one.Session)];
        foreach (Session session in sessions)
            session.SendClose();
        foreach (Session session in sessions)
            session.AwaitClosed();
    }
}
