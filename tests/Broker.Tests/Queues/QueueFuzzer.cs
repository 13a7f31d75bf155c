using System.Globalization;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>
/// Sends the same random commands, made from a seed, to a machine and to the model, and compares after each.
/// </summary>
internal sealed class QueueFuzzer
{
    /// <summary>What a message is larger than its body, here.</summary>
    public const int EnvelopeBytes = 2;

    private readonly Random _random;
    private readonly EffectList _effects = new();
    private readonly QueueMachine _machine;
    private readonly QueueModel _model;
    private readonly Dictionary<Slab, string> _names = [];
    private readonly Dictionary<string, Slab> _slabs = [];
    private readonly Dictionary<long, int> _slots = [];
    private readonly List<(Consumer Real, ModelConsumer Model)> _consumers = [];
    private readonly List<string> _log = [];
    private readonly QueueSettings _settings;
    private long _nowMs = 1000;
    private bool _group;

    public QueueFuzzer(int seed)
    {
        _random = new Random(seed);
        _settings = RandomSettings(new QueueSettings
        {
            CountsDeliveries = Chance(0.3),
            MaxPriority = (byte)(Chance(0.4) ? _random.Next(1, 200) : 0),
            SingleActiveConsumer = Chance(0.25),
            AutoDelete = Chance(0.1),
        });
        _machine = new QueueMachine(_settings, _effects, _nowMs);
        _model = new QueueModel(_settings, _nowMs);
        _log.Add(_settings.ToString());
    }

    public void Run(int commands)
    {
        for (int count = 0; count < commands; count++)
        {
            _model.Effects.Clear();
            Command();
            Compare();
        }
        _model.Effects.Clear();
        _machine.Close("r", false, false, CloseReason.Shutdown, _nowMs);
        _model.Close(false, false, _nowMs);
        Compare();
        foreach ((Slab slab, string name) in _names)
            Assert.True(slab.References == 0, Story($"{name} has {slab.References} references left"));
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private QueueSettings RandomSettings(QueueSettings fixedPart) => fixedPart with
    {
        MessageTtlMs = Chance(0.2) ? _random.Next(0, 60) : null,
        ExpiresMs = Chance(0.1) ? _random.Next(20, 200) : null,
        MaxLength = Chance(0.3) ? _random.Next(0, 12) : null,
        MaxLengthBytes = Chance(0.2) ? _random.Next(0, 100) : null,
        Overflow = (Overflow)_random.Next(3),
        DeliveryLimit = Chance(0.5) ? _random.Next(0, 3) : null,
        ConsumerTimeoutMs = Chance(0.3) ? _random.Next(20, 100) : null,
        ConsumerTimeoutClosesChannel = Chance(0.3),
        DeadLetterExchange = Chance(0.5) ? "dlx" : null,
    };

    private void Command()
    {
        switch (_random.Next(100))
        {
            case < 38:
                Publish();
                break;
            case < 66:
                Settle();
                break;
            case < 72:
                Consume();
                break;
            case < 75:
                Cancel();
                break;
            case < 80:
                Get();
                break;
            case < 83:
                Written();
                break;
            case < 94:
                Pass();
                break;
            case < 97:
                _group = !_group;
                Log($"group {_group}");
                if (_group)
                    _machine.BeginGroup();
                else
                    _machine.EndGroup(_nowMs);
                _model.Group(_group, _nowMs);
                break;
            default:
                Rare();
                break;
        }
    }

    private void Rare()
    {
        switch (_random.Next(8))
        {
            case 0:
                Log("purge");
                _machine.Purge("r", _nowMs);
                _model.Purge(_nowMs);
                break;
            case 1:
                Log("configure");
                QueueSettings changed = RandomSettings(_settings);
                _machine.Configure(changed, _nowMs);
                _model.Configure(changed, _nowMs);
                break;
            case 2 when Chance(0.3):
                bool ifUnused = Chance(0.7);
                bool ifEmpty = Chance(0.7);
                Log($"close {ifUnused} {ifEmpty}");
                _machine.Close("r", ifUnused, ifEmpty, CloseReason.Deleted, _nowMs);
                _model.Close(ifUnused, ifEmpty, _nowMs);
                break;
            case 3:
                _machine.Rehome(Move);
                break;
            default:
                bool touches = Chance(0.5);
                Log($"status {touches}");
                _machine.Status("r", touches, _nowMs);
                _model.Status(touches, _nowMs);
                break;
        }
    }

    private void Publish()
    {
        string name = $"m{_names.Count}";
        int sizeBytes = Chance(0.02) ? 700_000 : _random.Next(0, 20);
        var slab = new Slab(new byte[2], null);
        _names.Add(slab, name);
        _slabs[name] = slab;
        int priority = Chance(0.5) ? 0 : _random.Next(256);
        long ttlMs = Chance(0.7) ? -1 : _random.Next(0, 50);
        bool confirm = Chance(0.5);
        Log($"publish {name} {sizeBytes} ttl {ttlMs} priority {priority}");
        var message = new Message(slab, 0, EnvelopeBytes, 0, sizeBytes);
        PublishTicket ticket = confirm ? new PublishTicket(name, 7, this) : default;
        _machine.Publish(in message, ttlMs, (byte)priority, PublishFlags.None, in ticket, _nowMs);
        _model.Publish(name, sizeBytes, ttlMs, priority, confirm, _nowMs);
    }

    private void Settle()
    {
        if (_model.Unacked.Count == 0 && !Chance(0.1))
            return;
        long position = _model.Unacked.Count == 0 || Chance(0.02)
            ? _random.Next(0, 50)
            : _model.Unacked[_random.Next(_model.Unacked.Count)].Token;
        int slot = _slots.GetValueOrDefault(position, _random.Next(-2, 30));
        bool counts = Chance(0.5);
        string how = new[] { "ack", "ack", "ack", "reject", "requeue", "return" }[_random.Next(6)];
        Log($"{how} {slot}:{position} {counts}");
        if (how == "ack")
            _machine.Settle(slot, position, _nowMs);
        else if (how == "return")
            _machine.Return(slot, position, counts, _nowMs);
        else
            _machine.Reject(slot, position, how == "requeue", _nowMs);
        _model.Settle(how, position, counts, _nowMs);
    }

    private void Consume()
    {
        var model = new ModelConsumer
        {
            Tag = $"c{_consumers.Count}",
            NoAck = Chance(0.2),
            Exclusive = Chance(0.1),
            Priority = Chance(0.5) ? 0 : _random.Next(-2, 3),
            Prefetch = Chance(0.3) ? 0 : _random.Next(1, 5),
            TimeoutMs = Chance(0.1) ? _random.Next(10, 50) : null,
        };
        var real = new Consumer
        {
            Tag = model.Tag,
            Channel = null!,
            NoAck = model.NoAck,
            Exclusive = model.Exclusive,
            Priority = model.Priority,
            PrefetchCount = model.Prefetch,
            TimeoutMs = model.TimeoutMs,
        };
        _consumers.Add((real, model));
        Log($"consume {model.Tag} priority {model.Priority} prefetch {model.Prefetch}");
        _machine.AddConsumer(real, "r", _nowMs);
        _model.AddConsumer(model, _nowMs);
    }

    private void Cancel()
    {
        if (_consumers.Count == 0)
            return;
        (Consumer real, ModelConsumer model) = _consumers[_random.Next(_consumers.Count)];
        Log($"cancel {model.Tag}");
        _machine.CancelConsumer(real, "r", _nowMs);
        _model.Cancel(model, _nowMs);
    }

    private void Get()
    {
        bool noAck = Chance(0.3);
        Log($"get {noAck}");
        _machine.Get("r", noAck, _nowMs);
        _model.Get(noAck, _nowMs);
    }

    private void Written()
    {
        if (_consumers.Count == 0)
            return;
        (Consumer real, ModelConsumer model) = _consumers[_random.Next(_consumers.Count)];
        int messages = Consumer.WindowMessages - model.OpenMessages;
        long bytes = Consumer.WindowBytes - model.OpenBytes;
        Log($"written {model.Tag} {messages} {bytes}");
        _machine.Written(real, messages, bytes, _nowMs);
        _model.Written(model, messages, bytes, _nowMs);
    }

    private void Pass()
    {
        long untilMs = _nowMs + _random.Next(0, 30);
        if (Chance(0.1))
        {
            // A late tick: the next command finds what ought to have happened before it.
            _nowMs = untilMs;
            return;
        }
        Log($"pass until {untilMs}");
        long expectedMs = Math.Max(_nowMs, _model.DueMs);
        Assert.True(_machine.NextDueMs <= expectedMs, Story($"due {_machine.NextDueMs}, expected {expectedMs}"));
        _nowMs = untilMs;
        for (int ticks = 0; _machine.NextDueMs <= untilMs && ticks < 10; ticks++)
            _machine.Tick(untilMs);
        _model.Tick(untilMs);
    }

    /// <summary>A copy in another slab, as compaction makes it.</summary>
    private void Move(ref Message message)
    {
        string name = _names[message.Slab];
        var slab = new Slab(new byte[2], null);
        message.Slab.Release(1);
        _names.Add(slab, name);
        message = new Message(slab, 0, EnvelopeBytes, 0, message.BodySizeBytes);
    }

    private void Compare()
    {
        var real = new List<string>();
        foreach (ref readonly QueueEffect effect in _effects.Span)
            real.Add(Words(in effect));
        _effects.Clear();
        List<string> expected = _model.Effects;
        if (_machine.IsClosed)
        {
            real.Sort(StringComparer.Ordinal);
            expected.Sort(StringComparer.Ordinal);
        }
        Assert.True(
            real.SequenceEqual(expected),
            Story($"{string.Join("; ", real)}\nexpected: {string.Join("; ", expected)}"));
        Assert.Equal(_model.Closed, _machine.IsClosed);
        Assert.Equal(_model.Ready.Count, _machine.ReadyCount);
        Assert.Equal(_model.Ready.Sum(message => (long)message.SizeBytes), _machine.ReadyBytes);
        Assert.Equal(_model.Unacked.Count, _machine.UnackedCount);
        Assert.Equal(_model.Unacked.Sum(message => (long)message.SizeBytes), _machine.UnackedBytes);
        Assert.Equal(_model.Consumers.Count, _machine.ConsumerCount);
        Assert.Equal(_model.Holder?.Tag, _machine.Holder?.Tag);
    }

    private string Words(in QueueEffect effect)
    {
        switch (effect.Kind)
        {
            case QueueEffectKind.Deliver:
                return $"deliver {Handed(in effect)} to {effect.Consumer.Tag} {Rest(in effect)}";
            case QueueEffectKind.GetOk:
                return $"got {Handed(in effect)} {Rest(in effect)} left {effect.ReadyLeft}";
            case QueueEffectKind.Answer:
                return $"{effect.Answer} {effect.MessageCount} {effect.ConsumerCount}";
            case QueueEffectKind.Confirm or QueueEffectKind.Reject:
                Assert.Equal(7UL, effect.Ticket.Sequence);
                Assert.Same(this, effect.Ticket.Group);
                return $"{(effect.Kind == QueueEffectKind.Confirm ? "confirm" : "refuse")} {effect.Ticket.Publisher}";
            case QueueEffectKind.DeadLetter:
                effect.Message.Slab.Release(1);
                return $"dead-letter {_names[effect.Message.Slab]} {effect.DeadLetterReason} {effect.DeliveryCount}";
            case QueueEffectKind.Release:
                Assert.Equal(1, effect.References);
                effect.Slab.Release(1);
                return $"release {_names[effect.Slab]}";
            case QueueEffectKind.CancelConsumer:
                return $"cancel {effect.Consumer.Tag} {effect.CancelReason}";
            case QueueEffectKind.CloseChannel:
                return $"close channel {effect.Consumer.Tag}";
            default:
                return $"closed {effect.CloseReason}";
        }
    }

    private string Handed(in QueueEffect effect)
    {
        if (effect.Slot < 0)
            effect.Message.Slab.Release(1);
        else
            _slots[effect.Position] = effect.Slot;
        return _names[effect.Message.Slab];
    }

    private static string Rest(in QueueEffect effect) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(effect.Slot < 0 ? -1 : effect.Position)} {effect.Redelivered} {effect.DeliveryCount}");

    private void Log(string command) => _log.Add($"{_nowMs}: {command}");

    private string Story(string difference) =>
        string.Join('\n', _log.TakeLast(40).Prepend(_log[0])) + "\n" + difference;
}
