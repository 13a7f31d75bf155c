using System.Text;
using Warren.Amqp;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Publishes messages with confirms to the queues that are always there, persistent ones or, where the run says so,
/// some that are transient.
/// </summary>
internal sealed class PublishingClient(NodesSimulation world, int number) : NodeClient(world)
{
    private const int MostUnconfirmed = 20;

    /// <summary>Longer than a run takes, and less than wall clocks jump by, ms.</summary>
    private const int LongTimeMs = 3_600_000;

    private const int LongestDelayMs = 3000;

    private const int StepMs = 5;

    private readonly SortedDictionary<ulong, (SentMessage Message, long SentAt)> _unconfirmed = [];
    private string _name = "";
    private ulong _last;
    private int _connections;

    protected override long WaitingSince => _unconfirmed.Count == 0 ? 0 : _unconfirmed.First().Value.SentAt;

    public override string ToString() => $"publisher {_name} of {Connection?.Node.Name}";

    protected override void Begin()
    {
        _name = $"p{number}-{++_connections}";
        _last = 0;
        Connection!.Send(new ConfirmSelect(noWait: true));
    }

    protected override void Act()
    {
        if (IsLeaving ? _unconfirmed.Count == 0 : Random.Next(2000) == 0)
        {
            Cut();
            return;
        }
        if (IsLeaving || Random.Next(6) > 0 || _unconfirmed.Count >= MostUnconfirmed)
            return;
        for (int count = Random.Next(1, 5); count > 0; count--)
        {
            bool isForBoth = Random.Next(5) == 0;
            string queue = $"m{Random.Next(NodesSimulation.Queues)}";
            if (World.Replicates && Random.Next(300) == 0)
                queue = QuietQueues.Names[Random.Next(QuietQueues.Names.Count)];
            if (World.IsWide && Random.Next(3) == 0)
                queue = SingleQueues.Names[Random.Next(SingleQueues.Names.Count)];
            byte mode = (byte)(World.IsWide && Random.Next(3) == 0 ? 1 : 2);
            string[] queues = isForBoth ? ["m2", "m3"] : [queue];
            long liveMs = World.Replicates && !isForBoth && queue == MessageLedger.Expiring ? DrawTime() : 0;
            bool isDelayed = World.Replicates && !isForBoth && queue == MessageLedger.Delayed && Random.Next(3) == 0;
            int delayMs = isDelayed ? Random.Next(1, LongestDelayMs) : 0;
            SentMessage message = World.Ledger.Sent(
                _name, (int)++_last, liveMs > 0 ? Now + (liveMs / StepMs) : long.MaxValue,
                isDelayed ? Now + (delayMs / StepMs) : 0, queues);
            message.IsTransient = mode == 1;
            World.Report.Delayed += isDelayed ? 1 : 0;
            _unconfirmed.Add(_last, (message, Now));
            byte[] body = Encoding.ASCII.GetBytes(
                message.Text + (Random.Next(50) == 0 ? new string(' ', 10_000) : ""));
            Connection!.Writer.AddPublish(
                1, isForBoth ? "amq.fanout" : isDelayed ? MessageLedger.Later : "", isForBoth ? "" : queue, body,
                PropertiesOf(mode, delayMs, liveMs));
        }
        Connection!.Flush();
    }

    // 0: for ever.
    private long DrawTime() => Random.Next(3) switch
    {
        0 => LongTimeMs,
        1 => Random.Next(1000, 6000),
        _ => 0,
    };

    private static byte[] PropertiesOf(byte mode, int delayMs, long liveMs) => new BasicProperties
    {
        DeliveryMode = mode,
        Headers = delayMs > 0 ? new FieldTable { ["x-delay"] = FieldValue.Of(delayMs) } : null,
        Expiration = liveMs > 0 ? $"{liveMs}" : null,
    }.ToArray();

    protected override void On(Received received)
    {
        bool isConfirmed = received.Method == MethodId.BasicAck;
        if (!isConfirmed && received.Method != MethodId.BasicNack)
            throw new NodesException($"{this} gets {received}");
        ulong[] numbers = received.IsMultiple
            ? [.. _unconfirmed.Keys.TakeWhile(one => received.Sequence == 0 || one <= received.Sequence)]
            : [received.Sequence];
        foreach (ulong one in numbers)
        {
            if (!_unconfirmed.Remove(one, out (SentMessage Message, long SentAt) sent))
                throw new NodesException($"{this} gets a verdict on {one} that is not waited for, {received}");
            sent.Message.IsConfirmed = isConfirmed;
            World.Report.Confirmed += isConfirmed ? 1 : 0;
            World.Report.Refused += isConfirmed ? 0 : 1;
        }
    }

    protected override void Closed(string reason, bool isConnection) => World.Reasons.Add(reason);

    protected override void Lost() => _unconfirmed.Clear();
}
