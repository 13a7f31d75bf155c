using System.Text;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Delays;
using Warren.Broker.Durability;
using Warren.Broker.Exchanges;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Topology;
using Warren.Fuzz.Connections;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Delays;

/// <summary>
/// A broker on one thread with a delayed exchange, whose log is committed and whose clock is moved when the test says
/// so. Another life on the same disk and clock is a restart.
/// </summary>
internal sealed class DelaysNode : IDisposable, IStorageWatcher
{
    public const string Vhost = "v";

    private static readonly NodeLogOptions SmallLog = new() { SegmentBytes = 64 * 1024, ReclaimBelowPercent = 100 };

    private readonly SimulatedTurns _turns = new(new Random(1));
    private readonly Dictionary<string, Drain> _drains = [];

    public DelaysNode(IDisk disk, ManualTime time)
    {
        Time = time;
        Broker = new MessageBroker(
            new BrokerOptions(), _turns, new LifeTime(time), new Random(1), (_, _, line) => Lines.Add(line),
            new StorageSetup(disk, SmallLog, this, () => { }));
        Background = new StorageBackground(Log, SmallLog, this);
    }

    public ManualTime Time { get; }

    public MessageBroker Broker { get; }

    public StorageBackground Background { get; }

    public List<string> Lines { get; } = [];

    public NodeLog Log => Broker.Storage!;

    /// <summary>A durable delayed exchange of type fanout, and durable queues that are bound to it.</summary>
    public void Define(string exchange, params ReadOnlySpan<string> queues) => Define(exchange, true, true, queues);

    public void Define(string exchange, bool durable, bool durableQueues, params ReadOnlySpan<string> queues)
    {
        Do(Samples.Vhost(Vhost));
        Do(new ExchangeEntry(Vhost, new ExchangeDeclaration
        {
            Name = exchange,
            Type = ExchangeTypes.DelayedMessage,
            Durable = durable,
            Arguments = new FieldTable { ["x-delayed-type"] = FieldValue.Of(ExchangeTypes.Fanout) },
        }));
        foreach (string queue in queues)
        {
            Do(new QueueEntry
            {
                Vhost = Vhost,
                Name = queue,
                Type = QueueType.Classic,
                Durable = durableQueues,
                AutoDelete = false,
                OwnerConnectionId = 0,
                DeclaredArguments = FieldTable.Empty,
            });
            Do(new BindingEntry(
                Vhost, new Binding(exchange, DestinationKind.Queue, queue, "", FieldTable.Empty)));
        }
    }

    public void Do(DefinitionsEntry entry)
    {
        Broker.Definitions.Commit([entry]);
        Run();
    }

    public void Run() => _turns.Run(int.MaxValue);

    /// <summary>One round, and everybody hears of it; false: there is nothing to commit.</summary>
    public bool CommitOnce()
    {
        CommitOutcome outcome = Log.CommitRound();
        Run();
        return outcome == CommitOutcome.Committed;
    }

    /// <summary>Makes everything durable.</summary>
    public void Commit()
    {
        Run();
        while (CommitOnce())
            Run();
    }

    public void Pass(int ms)
    {
        Time.Advance(TimeSpan.FromMilliseconds(ms));
        Run();
    }

    /// <summary>Publishes a message that is to wait; it has run, nothing has been committed.</summary>
    public Verdict Publish(
        string exchange, string body, long delayMs, bool persistent = true, string? expiration = null, int padding = 0,
        PublishCredit? credit = null)
    {
        Assert.True(Broker.Topology.Vhosts.TryGetValue(Vhost, out Warren.Broker.Topology.Vhost? vhost));
        Assert.True(vhost.Exchanges.TryGetValue(exchange, out Exchange? found));
        byte[] properties = new BasicProperties
        {
            DeliveryMode = persistent ? (byte)2 : (byte)1,
            Expiration = expiration,
        }.ToArray();
        byte[] name = Encoding.UTF8.GetBytes(exchange);
        byte[] text = Encoding.UTF8.GetBytes(body + new string('.', padding));
        byte[] bytes = [(byte)name.Length, .. name, 1, (byte)'k', .. properties, .. text];
        Message message = new(Broker.Slabs.Adopt(bytes), 0, name.Length + 3, properties.Length, text.Length);
        var verdict = new Verdict();
        var delayed = new DelayedMessage(
            Vhost, new RouteDelay((DelayedMessageExchange)found, delayMs), message, null, 0,
            new PublishGroup(1, verdict.Give), credit);
        credit?.Take(delayed.WeightBytes);
        Broker.Delays.Add(delayed);
        Run();
        return verdict;
    }

    public Queue Queue(string name)
    {
        Assert.True(Broker.Topology.Vhosts.TryGetValue(Vhost, out Warren.Broker.Topology.Vhost? vhost));
        Assert.True(vhost.Queues.TryGetValue(name, out QueueDefinition? queue));
        return (Queue)queue.Home;
    }

    /// <summary>Takes what has come to the queue, bodies without padding, with blanks between them.</summary>
    public string Take(string queue)
    {
        if (!_drains.TryGetValue(queue, out Drain? drain))
            _drains.Add(queue, drain = new Drain(Queue(queue), _turns));
        return drain.Take(Run);
    }

    public void Dispose() => Broker.Dispose();

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message) => Lines.Add(message);

    void IStorageWatcher.Failed(StorageFailedException error) => Lines.Add(error.Message);

    void IStorageWatcher.Damaged(string message) => Lines.Add(message);

    /// <summary>What became of a publish.</summary>
    internal sealed class Verdict
    {
        public bool? Accepted { get; private set; }

        public void Give(bool accepted)
        {
            Assert.Null(Accepted);
            Accepted = accepted;
        }
    }

    // The clock of turns begins anew with each life, at the same reading; the wall's goes on.
    private sealed class LifeTime(ManualTime time) : TimeProvider
    {
        private readonly long _start = time.GetTimestamp() - TimeSpan.TicksPerHour;

        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp() - _start;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }

    // A consumer that acknowledges nothing and wants everything.
    private sealed class Drain
    {
        private readonly Queue _queue;
        private readonly Outbox _outbox;
        private readonly Consumer _consumer;
        private int _taken;

        public Drain(Queue queue, SimulatedTurns turns)
        {
            _queue = queue;
            _outbox = new Outbox(turns, () => { });
            _consumer = new Consumer
            {
                Tag = "c",
                Queue = queue,
                Channel = new DeliveryChannel(1, _outbox, null!),
                NoAck = true,
            };
            queue.Post(QueueCommand.AddConsumer(_consumer, null));
        }

        public string Take(Action run)
        {
            var bodies = new List<string>();
            while (true)
            {
                run();
                ReadOnlyMemory<OutboxItem> items = _outbox.Take(_taken);
                _taken = items.Length;
                if (_taken == 0)
                    return string.Join(' ', bodies);
                int sizeBytes = 0;
                foreach (OutboxItem item in items.Span)
                {
                    bodies.Add(Encoding.UTF8.GetString(item.Message.Body).TrimEnd('.'));
                    sizeBytes += item.Message.SizeBytes;
                    item.Message.Slab.Release(1);
                }
                _queue.Post(QueueCommand.Written(_consumer, items.Length, sizeBytes));
            }
        }
    }
}
