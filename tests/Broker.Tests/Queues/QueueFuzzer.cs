using System.Globalization;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>
/// Sends the same random commands, made from a seed, to a machine and to the model, and compares after each.
/// </summary>
internal sealed class QueueFuzzer
{
    /// <summary>What a message is larger than its body, here.</summary>
    public const int EnvelopeBytes = StoredMachine.EnvelopeBytes;

    private readonly Random _random;
    private readonly bool _isStored;
    private readonly bool _deadLetters;
    private readonly EffectList _effects = new();
    private readonly QueueMachine _machine;
    private readonly QueueModel _model;
    private readonly Dictionary<Slab, string> _names = [];
    private readonly List<(Consumer Real, ModelConsumer Model)> _consumers = [];
    private readonly List<string> _log = [];
    private readonly QueueSettings _settings;
    private readonly StoredMachine? _stored;
    private readonly Dictionary<string, (int Slot, long Token)> _handedOut = [];
    private readonly HashSet<string> _persistent = [];
    private long _nowMs = 1000;
    private readonly ManualTime _time = new();
    private long _clockMs = 1000;
    private int _published;
    private bool _group;

    /// <param name="seed">Where all of it comes from.</param>
    /// <param name="isStored">
    /// The queue is durable and gives up the bytes of all it may: it must behave as if they were in memory, and come
    /// back from its log as the model has it.
    /// </param>
    public QueueFuzzer(int seed, bool isStored = false)
    {
        _random = new Random(seed);
        _isStored = isStored;
        _deadLetters = Chance(0.5);
        _settings = RandomSettings(new QueueSettings
        {
            CountsDeliveries = Chance(0.3),
            MaxPriority = (byte)(Chance(0.4) ? _random.Next(1, 200) : 0),
            SingleActiveConsumer = Chance(0.25),
            AutoDelete = Chance(0.1),
        });
        _stored = isStored ? new StoredMachine(new MemoryDisk(), _settings, _effects, _time, _nowMs) : null;
        _machine = _stored?.Machine ?? new QueueMachine(_settings, _effects, _nowMs);
        _model = new QueueModel(_settings, _nowMs);
        _log.Add(_settings.ToString());
    }

    public void Run(int commands)
    {
        for (int count = 0; count < commands; count++)
        {
            _model.Effects.Clear();
            Command();
            EndTurn();
            Compare();
        }
        if (_stored is not null)
            CompareRestarted(_stored);
        _model.Effects.Clear();
        _machine.Close("r", false, false, CloseReason.Shutdown, _nowMs);
        _model.Close(false, false, _nowMs);
        Compare();
        foreach ((Slab slab, string name) in _names)
            Assert.True(slab.References == 0, Story($"{name} has {slab.References} references left"));
        if (_stored is not null)
            Assert.True(_stored.Slabs.OutstandingBytes == 0, Story($"{_stored.Slabs.OutstandingBytes} bytes are left"));
    }

    // Commits now and then, and gives up, reads and moves what it can.
    private void EndTurn()
    {
        _time.Advance(TimeSpan.FromMilliseconds(_nowMs - _clockMs));
        _clockMs = _nowMs;
        if (_stored is null)
            return;
        _stored.EndTurn();
        if (Chance(0.5))
            _stored.Commit();
        if (Chance(0.8))
            _machine.Paging.PageOut(_random.Next(3) * 40, writes: Chance(0.5));
        if (Chance(0.05))
            _stored.Reclaim();
        _stored.Fetch(_nowMs);
        _stored.EndTurn();
    }

    private void CompareRestarted(StoredMachine stored)
    {
        bool isClean = Chance(0.5);
        if (_machine.IsClosed)
            stored.QueueLog.Drop();
        if (isClean)
            stored.Stop();
        else
            stored.Commit();
        Log($"restart, clean {isClean}");
        var effects = new EffectList();
        QueueSettings unlimited = _settings with
        {
            SingleActiveConsumer = false,
            MaxLength = null,
            MaxLengthBytes = null,
        };
        StoredMachine again = stored.Restart(unlimited, effects, _nowMs);
        var found = new List<string>();
        while (again.Machine.ReadyCount > 0)
        {
            again.Machine.Get("r", noAck: true, _nowMs);
            again.Fetch(_nowMs);
            foreach (ref readonly QueueEffect effect in effects.Span)
            {
                if (effect.Kind == QueueEffectKind.GetOk)
                    found.Add($"m{StoredMachine.NumberOf(effect.Message)} {effect.Redelivered} {effect.DeliveryCount}");
                if (effect.Kind is QueueEffectKind.GetOk or QueueEffectKind.Release)
                    effect.Message.Slab.Release(1);
            }
            effects.Clear();
        }
        IEnumerable<ModelMessage> expected = _model.Closed
            ? []
            : _model.Ready.Concat(_model.Unacked)
                .Where(message => _persistent.Contains(message.Name) && message.ExpiresAtMs > _nowMs)
                .OrderByDescending(message => message.Priority).ThenBy(message => message.Position);
        List<string> words = [.. expected.Select(message => WordsAfterRestart(message, isClean))];
        Assert.True(
            found.SequenceEqual(words),
            Story($"{string.Join("; ", found)}\nexpected: {string.Join("; ", words)}"));
        Assert.Empty(again.Damages);
        Assert.Equal(0, again.Slabs.OutstandingBytes);
    }

    // After a crash all may have been handed out; after a clean stop those that were.
    private string WordsAfterRestart(ModelMessage message, bool isClean)
    {
        bool redelivered = !isClean || message.Redelivered || _model.Unacked.Contains(message);
        return $"{message.Name} {redelivered} {(_settings.CountsDeliveries ? message.Count : -1)}";
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private QueueSettings RandomSettings(QueueSettings fixedPart)
    {
        QueueSettings settings = AnySettings(fixedPart);
        if (!_isStored)
            return settings;
        // Dead letters whose bytes must be read first come later than the model has them; but for those of clients.
        return _deadLetters
            ? settings with { MessageTtlMs = null, Overflow = Overflow.RejectPublish, DeadLetterExchange = "dlx" }
            : settings with { DeadLetterExchange = null };
    }

    private QueueSettings AnySettings(QueueSettings fixedPart) => fixedPart with
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
                if (!_isStored)
                    _machine.Stored.Rehome(Move);
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
        int number = _published++;
        string name = $"m{number}";
        int sizeBytes = Chance(0.02) ? 700_000 : _random.Next(0, 20);
        int priority = Chance(0.5) ? 0 : _random.Next(256);
        long ttlMs = Chance(0.7) || (_isStored && _deadLetters) ? -1 : _random.Next(0, 50);
        bool confirm = Chance(0.5);
        Log($"publish {name} {sizeBytes} ttl {ttlMs} priority {priority}");
        Message message = Make(number, name, sizeBytes);
        PublishFlags flags = _isStored && Chance(0.7) ? PublishFlags.Persistent : PublishFlags.None;
        if (flags == PublishFlags.Persistent || _settings.CountsDeliveries)
            _persistent.Add(name);
        PublishTicket ticket = confirm ? new PublishTicket(name, 7, this) : default;
        _machine.Publish(in message, ttlMs, (byte)priority, flags, in ticket, _nowMs);
        _model.Publish(name, sizeBytes, ttlMs, priority, confirm, _nowMs);
    }

    private void Settle()
    {
        if (_model.Unacked.Count == 0 && !Chance(0.1))
            return;
        bool isKnown = _model.Unacked.Count > 0 && !Chance(0.02);
        ModelMessage? message = isKnown ? _model.Unacked[_random.Next(_model.Unacked.Count)] : null;
        long position = message?.Token ?? _random.Next(0, 50);
        message ??= _model.Unacked.Find(one => one.Token == position);
        (int slot, long token) = message is null
            ? (_random.Next(-2, 30), _isStored ? 0 : position)
            : _handedOut[message.Name];
        bool counts = Chance(0.5);
        string how = new[] { "ack", "ack", "ack", "reject", "requeue", "return" }[_random.Next(6)];
        Log($"{how} {slot}:{position} {counts}");
        if (how == "ack")
            _machine.Settle(slot, token, _nowMs);
        else if (how == "return")
            _machine.Return(slot, token, counts, _nowMs);
        else
            _machine.Reject(slot, token, how == "requeue", _nowMs);
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

    private Message Make(int number, string name, int sizeBytes)
    {
        if (_stored is not null)
            return _stored.Make(number, sizeBytes);
        var slab = new Slab(new byte[2], null);
        _names.Add(slab, name);
        return new Message(slab, 0, EnvelopeBytes, 0, sizeBytes);
    }

    private string NameOf(in Message message) =>
        _isStored ? $"m{StoredMachine.NumberOf(message)}" : _names[message.Slab];

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
        if (_isStored)
        {
            // Bytes go when they may, not when the message does; who says where a delivery is, says it in other words.
            real.RemoveAll(static words => words.StartsWith("release", StringComparison.Ordinal));
            expected = [.. expected.Where(static words => !words.StartsWith("release", StringComparison.Ordinal))];
        }
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
                string dead = NameOf(effect.Message);
                effect.Message.Slab.Release(1);
                if (effect.Position > 0)
                {
                    _stored!.QueueLog.ReleaseTaken(effect.Position);
                    _machine.Stored.Buried(effect.Position);
                }
                return $"dead-letter {dead} {effect.DeadLetterReason} {effect.DeliveryCount}";
            case QueueEffectKind.Release:
                Assert.Equal(1, effect.References);
                string released = NameOf(effect.Message);
                effect.Slab.Release(1);
                return $"release {released}";
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
        string name = NameOf(effect.Message);
        if (effect.Slot < 0)
            effect.Message.Slab.Release(1);
        else
            _handedOut[name] = (effect.Slot, effect.Position);
        return name;
    }

    private string Rest(in QueueEffect effect)
    {
        // Positions of a stored queue have gaps: what the log alone needs takes some.
        long token = effect.Slot < 0 ? -1 : effect.Position;
        if (_isStored && token > 0)
            token = _model.TokenOf(NameOf(effect.Message));
        return string.Create(
            CultureInfo.InvariantCulture, $"{token} {effect.Redelivered} {effect.DeliveryCount}");
    }

    private void Log(string command) => _log.Add($"{_nowMs}: {command}");

    private string Story(string difference) =>
        string.Join('\n', _log.TakeLast(40).Prepend(_log[0])) + "\n" + difference;
}
