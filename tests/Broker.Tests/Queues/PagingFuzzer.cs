using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>
/// A queue whose bytes come and go on their own, durable or not, with messages of either kind: reads are under way for
/// turns, commits lag, records move meanwhile, dead letters arrive late. What it does in which order is not foretold;
/// that nothing is lost, doubled, mixed up or stuck is.
/// </summary>
internal sealed class PagingFuzzer
{
    private readonly Random _random;
    private readonly QueueSettings _settings;
    private readonly EffectList _effects = new();
    private readonly ManualTime _time = new();
    private readonly StoredMachine _stored;
    private readonly QueueMachine _machine;
    private readonly PagingLedger _ledger;
    private readonly List<Consumer> _consumers = [];
    private readonly Queue<object> _gets = new();
    // Any other queue stores nothing.
    private readonly bool _isDurable;
    private readonly double _persistent;
    private FetchBatch? _batch;
    private bool _isRead;
    private long _nowMs = 1000;

    public PagingFuzzer(int seed)
    {
        _random = new Random(seed);
        bool limits = Chance(0.4);
        _settings = new QueueSettings
        {
            CountsDeliveries = Chance(0.3),
            MaxPriority = (byte)(Chance(0.4) ? _random.Next(1, 4) : 0),
            SingleActiveConsumer = Chance(0.15),
            DeliveryLimit = Chance(0.3) ? _random.Next(0, 3) : null,
            DeadLetterExchange = Chance(0.5) ? "dlx" : null,
            MessageTtlMs = limits && Chance(0.3) ? _random.Next(0, 60) : null,
            MaxLength = limits && Chance(0.5) ? _random.Next(0, 30) : null,
            MaxLengthBytes = limits && Chance(0.3) ? _random.Next(0, 600) : null,
            Overflow = (Overflow)_random.Next(3),
        };
        _isDurable = _settings.CountsDeliveries || Chance(0.7);
        _persistent = Chance(0.5) ? 0.8 : 0.2;
        _stored = new StoredMachine(new MemoryDisk(), _settings, _effects, _time, _nowMs, _isDurable);
        _machine = _stored.Machine;
        _ledger = new PagingLedger(_settings, _machine.Totals);
    }

    private bool DeadLetters => _settings.DeadLetterExchange is not null;

    public void Run(int turns)
    {
        for (int turn = 0; turn < turns && !_machine.IsClosed; turn++)
            Turn();
        double end = _random.NextDouble();
        if (!_machine.IsClosed && end < 0.4)
        {
            EndRestarted();
            return;
        }
        if (!_machine.IsClosed && end < 0.8)
            EndDrained();
        EndClosed();
        Assert.True(_stored.Slabs.OutstandingBytes == 0, Story($"{_stored.Slabs.OutstandingBytes} bytes are left"));
        Assert.Empty(_stored.Damages);
        Assert.Equal(0, _machine.Totals.Lost);
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;

    // As the queue has it: commands, then bytes are given up and asked for, then what was decided is written.
    private void Turn()
    {
        for (int count = _random.Next(1, 6); count > 0; count--)
            Command();
        EndTurn();
        if (Chance(0.4))
            Commit();
        if (Chance(0.1))
        {
            Log("reclaim");
            _stored.Reclaim();
        }
        if (_batch is not null && !_isRead && Chance(0.4))
            Read();
    }

    private void EndTurn()
    {
        if (!_machine.IsClosed)
        {
            if (Chance(0.9))
                _machine.Paging.PageOut(_random.Next(3) * 40, writes: Chance(0.5));
            BeginFetch();
        }
        CarryOut();
        _stored.EndTurn();
        CheckNothingIsStuck();
    }

    private void BeginFetch()
    {
        if (_machine.NextFetch(_nowMs) is not { } batch)
            return;
        Assert.Null(_batch);
        HashSet<long> gone = [.. _ledger.In(PagedPlace.Gone).Select(static message => message.Position)];
        foreach (FetchItem item in batch.Items)
            Assert.False(gone.Contains(item.Position), Story($"{item.Position} is read and gone"));
        _batch = batch;
        _isRead = false;
        Log($"fetch {batch.Count}");
    }

    private void Read()
    {
        Log("read");
        _stored.Read(_batch!);
        _isRead = true;
    }

    private void Fetched()
    {
        if (!_isRead)
            Read();
        Log("fetched");
        _batch = null;
        _stored.Fetched(_nowMs);
    }

    private void Commit()
    {
        Log("commit");
        _stored.Commit();
        _ledger.NoteDurable();
    }

    // Whoever could go on goes on, or waits for a read that is under way.
    private void CheckNothingIsStuck()
    {
        if (_machine.IsClosed || _batch is not null || _machine.NextDueMs <= _nowMs)
            return;
        Assert.True(_gets.Count == 0, Story($"{_gets.Count} gets wait for nothing"));
        if (_machine.ReadyCount == 0)
            return;
        bool couldTake = _machine.Holder is { } holder
            ? holder.HasCredit
            : _consumers.Exists(consumer => consumer.Attached && consumer.HasCredit);
        Assert.False(couldTake, Story($"{_machine.ReadyCount} ready, and a consumer that gets none"));
    }

    private void Command()
    {
        switch (_random.Next(100))
        {
            case < 35:
                Publish();
                break;
            case < 60:
                Settle();
                break;
            case < 65:
                Consume();
                break;
            case < 69 when _consumers.Count > 0:
                Consumer gone = _consumers[_random.Next(_consumers.Count)];
                Log($"cancel {gone.Tag}");
                _machine.CancelConsumer(gone, null, _nowMs);
                break;
            case < 72:
                SettleLate();
                break;
            case < 79:
                Get();
                break;
            case < 85:
                Pass(_random.Next(0, 20));
                break;
            case < 90 when _ledger.In(PagedPlace.Dead).FirstOrDefault() is { } dead:
                Bury(dead);
                break;
            case < 97 when _batch is not null:
                Fetched();
                break;
            case 97 when Chance(0.5):
                Purge();
                break;
            case 98 when Chance(0.1):
                Close();
                break;
        }
        CarryOut();
    }

    private void Publish()
    {
        int bodyBytes = Chance(0.03) ? _random.Next(16_000, 20_000) : _random.Next(0, 40);
        long ttlMs = Chance(0.85) ? -1 : _random.Next(0, 50);
        bool persistent = Chance(_persistent);
        var message = new PagedMessage
        {
            Number = _ledger.Messages.Count,
            BodyBytes = bodyBytes,
            Priority = Math.Min(_random.Next(4), _settings.CountsDeliveries ? 0 : _settings.MaxPriority),
            ExpiresAtMs = ExpiryOf(ttlMs),
            IsStored = _isDurable && (persistent || _settings.CountsDeliveries),
            AwaitsConfirm = Chance(0.5),
        };
        Log($"publish {message.Number}: {bodyBytes} ttl {ttlMs} priority {message.Priority} stored {message.IsStored}");
        _ledger.Messages.Add(message);
        Message bytes = _stored.Make(message.Number, bodyBytes);
        SharedBody? shared = message.IsStored && Chance(0.2) ? _stored.Share(bytes) : null;
        PublishTicket ticket = message.AwaitsConfirm ? new PublishTicket(message, 1) : default;
        PublishFlags flags = persistent ? PublishFlags.Persistent : PublishFlags.None;
        long refusedBefore = _machine.Totals.Refused;
        _machine.Publish(bytes, ttlMs, (byte)message.Priority, flags, ticket, _nowMs, shared);
        bool isDeadLetter = DeadLetters && _settings.Overflow == Overflow.RejectPublishDeadLetter;
        if (_machine.Totals.Refused > refusedBefore && !isDeadLetter)
            message.Place = PagedPlace.Gone;
        if (_machine.Totals.Refused == refusedBefore)
            message.Position = _machine.Stored.LastPosition;
    }

    private long ExpiryOf(long ttlMs)
    {
        long lowest = _settings.MessageTtlMs ?? long.MaxValue;
        if (ttlMs >= 0)
            lowest = Math.Min(lowest, ttlMs);
        return lowest == long.MaxValue ? lowest : _nowMs + lowest;
    }

    private void Settle()
    {
        List<PagedMessage> held = _ledger.In(PagedPlace.Out);
        if (held.Count > 0)
            Settle(held[_random.Next(held.Count)], _random.Next(7));
    }

    private void Settle(PagedMessage message, int how)
    {
        // Nobody may have had its bytes meanwhile.
        _ledger.Check(message, message.Bytes);
        message.Bytes = default;
        message.Place = PagedPlace.Ready;
        long limitBefore = _machine.Totals.DeliveryLimit;
        switch (how)
        {
            case < 3:
                Log($"ack {message.Number}");
                message.Place = PagedPlace.Gone;
                _machine.Settle(message.Slot, message.Token, _nowMs);
                return;
            case 3:
                Log($"reject {message.Number}");
                message.Place = DeadLetters ? PagedPlace.Ready : PagedPlace.Gone;
                _machine.Reject(message.Slot, message.Token, requeue: false, _nowMs);
                return;
            case 4:
                Log($"requeue {message.Number}");
                message.CameBack = true;
                // It may have another place by now.
                message.Position = 0;
                _machine.Reject(message.Slot, message.Token, requeue: true, _nowMs);
                break;
            default:
                Log($"return {message.Number} {how == 5}");
                message.CameBack = true;
                _machine.Return(message.Slot, message.Token, countsDelivery: how == 5, _nowMs);
                break;
        }
        if (!DeadLetters && _machine.Totals.DeliveryLimit > limitBefore)
            message.Place = PagedPlace.Gone;
    }

    private void SettleLate()
    {
        List<PagedMessage> late = _ledger.Messages.FindAll(
            message => message is { Place: PagedPlace.Ready or PagedPlace.Out, Position: > 0 } && Chance(0.2));
        foreach (PagedMessage message in late)
        {
            Log($"late ack {message.Number}");
            message.Bytes = default;
            message.Place = PagedPlace.Gone;
        }
        _machine.CutOff.SettleLate([.. late.Select(static message => message.Position)], _nowMs);
    }

    private void Consume()
    {
        if (_consumers.Count(consumer => consumer.Attached) >= 3)
            return;
        var consumer = new Consumer
        {
            Tag = $"c{_consumers.Count}",
            Channel = null!,
            NoAck = Chance(0.2),
            PrefetchCount = _random.Next(1, 6),
        };
        _consumers.Add(consumer);
        Log($"consume {consumer.Tag} {consumer.NoAck} {consumer.PrefetchCount}");
        _machine.AddConsumer(consumer, null, _nowMs);
    }

    private void Get()
    {
        bool noAck = Chance(0.3);
        Log($"get {noAck}");
        if (_settings.CountsDeliveries && _settings.SingleActiveConsumer)
            return;
        object request = new();
        _gets.Enqueue(request);
        _machine.Get(request, noAck, _nowMs);
    }

    private void Pass(long ms)
    {
        _nowMs += ms;
        _time.Advance(TimeSpan.FromMilliseconds(ms));
        if (ms > 0)
            Log("tick");
        _machine.Tick(_nowMs);
    }

    private void Bury(PagedMessage dead)
    {
        Log($"buried {dead.Number}");
        dead.Place = PagedPlace.Gone;
        if (dead.Entry > 0)
        {
            _stored.QueueLog.ReleaseTaken(dead.Entry);
            _machine.Stored.Buried(dead.Entry);
        }
    }

    private void Purge()
    {
        Log("purge");
        _machine.Purge("purge", _nowMs);
        // Dead letters of what had expired before are among the effects.
        CarryOut();
        foreach (PagedMessage message in _ledger.In(PagedPlace.Ready))
            message.Place = PagedPlace.Gone;
    }

    private void Close()
    {
        Log("close");
        _machine.Close("close", false, false, CloseReason.Deleted, _nowMs);
    }

    private void CarryOut()
    {
        foreach (ref readonly QueueEffect effect in _effects.Span)
        {
            switch (effect.Kind)
            {
                case QueueEffectKind.Deliver:
                    _ledger.HandOut(in effect, effect.Consumer.Tag);
                    effect.Consumer.WindowMessagesLeft++;
                    effect.Consumer.WindowBytesLeft += effect.Message.SizeBytes;
                    break;
                case QueueEffectKind.GetOk:
                    Assert.Same(_gets.Dequeue(), effect.Request);
                    _ledger.HandOut(in effect, "get");
                    break;
                case QueueEffectKind.Answer when effect.Request is not string:
                    Assert.Same(_gets.Dequeue(), effect.Request);
                    break;
                case QueueEffectKind.Confirm or QueueEffectKind.Reject:
                    _ledger.Verdict(in effect, _machine.IsClosed);
                    break;
                case QueueEffectKind.DeadLetter:
                    PagedMessage dead = _ledger.Take(in effect, "dead-letter");
                    dead.Place = PagedPlace.Dead;
                    dead.Entry = effect.Position;
                    effect.Message.Slab.Release(1);
                    break;
                case QueueEffectKind.Release:
                    effect.Slab.Release(effect.References);
                    break;
                case QueueEffectKind.Lost:
                    Assert.Fail(Story($"lost {effect.Position}"));
                    break;
            }
        }
        _effects.Clear();
    }

    // A consumer that takes everything and acknowledges it; nothing else is left in the end, and no entry.
    private void EndDrained()
    {
        Log("drain");
        foreach (Consumer consumer in _consumers)
            _machine.CancelConsumer(consumer, null, _nowMs);
        CarryOut();
        foreach (PagedMessage message in _ledger.In(PagedPlace.Out))
        {
            Settle(message, how: Chance(0.5) ? 0 : 6);
            CarryOut();
        }
        _machine.AddConsumer(new Consumer { Tag = "greedy", Channel = null!, PrefetchCount = 7 }, null, _nowMs);
        for (int step = 0; step < _ledger.Messages.Count * 3 + 10; step++)
        {
            if (_batch is not null)
                Fetched();
            Pass(0);
            EndTurn();
            foreach (PagedMessage message in _ledger.In(PagedPlace.Out))
                Settle(message, 0);
            CarryOut();
        }
        Assert.True(_machine.ReadyCount == 0, Story($"{_machine.ReadyCount} never come"));
        Assert.Equal(0, _machine.UnackedCount);
        Assert.True(_gets.Count == 0, Story("gets without an answer"));
        foreach (PagedMessage message in _ledger.In(PagedPlace.Dead))
            Bury(message);
        _ledger.CheckCounts();
        Commit();
        Assert.True(_stored.LiveEntries == 0, Story($"{_stored.LiveEntries} entries are left of nothing"));
    }

    private void EndClosed()
    {
        if (!_machine.IsClosed)
            Close();
        CarryOut();
        Assert.Empty(_gets);
        foreach (PagedMessage message in _ledger.In(PagedPlace.Dead))
            Bury(message);
        if (Chance(0.5))
            _stored.QueueLog.Drop();
        Commit();
        if (_batch is not null)
            Fetched();
        CarryOut();
        Commit();
    }

    private void EndRestarted()
    {
        bool isClean = Chance(0.5);
        Log($"restart {isClean}");
        if (isClean)
        {
            _stored.Stop();
            Commit();
        }
        var effects = new EffectList();
        QueueSettings unlimited = _settings with
        {
            MaxLength = null,
            MaxLengthBytes = null,
            SingleActiveConsumer = false,
        };
        StoredMachine again = _stored.Restart(unlimited, effects, _nowMs);
        var found = new HashSet<int>();
        for (int step = 0; again.Machine.ReadyCount > 0; step++)
        {
            Assert.True(step <= _ledger.Messages.Count, Story($"{again.Machine.ReadyCount} stay after the restart"));
            again.Machine.Get("r", noAck: true, _nowMs);
            again.Fetch(_nowMs);
            CollectFound(again, effects, found);
        }
        _ledger.CheckFound(found, _nowMs);
        again.Commit();
        Assert.True(again.LiveEntries == 0, Story($"{again.LiveEntries} entries are left after the restart"));
        Assert.Equal(0, again.Slabs.OutstandingBytes);
    }

    private void CollectFound(StoredMachine again, EffectList effects, HashSet<int> found)
    {
        foreach (ref readonly QueueEffect effect in effects.Span)
        {
            if (effect.Kind == QueueEffectKind.Release)
                effect.Slab.Release(effect.References);
            if (effect.Kind is not (QueueEffectKind.GetOk or QueueEffectKind.DeadLetter))
                continue;
            int number = StoredMachine.NumberOf(effect.Message);
            Assert.True(found.Add(number), Story($"{number} comes back twice"));
            _ledger.Check(_ledger.Messages[number], effect.Message);
            effect.Message.Slab.Release(1);
            if (effect.Kind == QueueEffectKind.DeadLetter)
            {
                again.QueueLog.ReleaseTaken(effect.Position);
                again.Machine.Stored.Buried(effect.Position);
            }
        }
        effects.Clear();
    }

    private void Log(string command) => _ledger.Log($"{_nowMs}: {command}");

    private string Story(string difference) => _ledger.Story(difference);
}
