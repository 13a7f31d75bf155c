using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>Transient messages that a client had, very many, and that came back: they leave memory too.</summary>
public sealed class ReturnedPagingTests
{
    private const int Messages = 300;
    private const int BodyBytes = 5000;

    private readonly EffectList _effects = new();
    private readonly StoredMachine _stored;
    private readonly List<QueueEffect> _held = [];
    private readonly List<int> _got = [];

    public ReturnedPagingTests() =>
        _stored = new StoredMachine(
            new MemoryDisk(), new QueueSettings(), _effects, new ManualTime(), 0, stores: false);

    [Fact]
    public void What_came_back_is_written_and_read_again_in_its_order()
    {
        var consumer = new Consumer { Tag = "c", Channel = null! };
        (consumer.WindowMessagesLeft, consumer.WindowBytesLeft) = (Messages, Messages * 2L * BodyBytes);
        _stored.Machine.AddConsumer(consumer, null, 0);
        for (int number = 0; number < Messages; number++)
        {
            Message message = _stored.Make(number, BodyBytes);
            _stored.Machine.Publish(in message, -1, 0, PublishFlags.None, default, 0);
        }
        CarryOut();
        Assert.Equal(Messages, _held.Count);
        _stored.Machine.CancelConsumer(consumer, null, 0);
        foreach (QueueEffect held in _held)
            _stored.Machine.Return(held.Slot, held.Position, countsDelivery: false, 0);
        Assert.Equal(Messages, _stored.Machine.ReadyCount);
        for (int turn = 0; turn < 20; turn++)
        {
            _stored.Machine.Paging.PageOut(0, writes: true);
            CarryOut();
            _stored.Commit();
        }
        Assert.InRange(_stored.Slabs.OutstandingBytes, 1, Messages / 4 * BodyBytes);
        for (int number = 0; number < Messages; number++)
        {
            _stored.Machine.Get("r", noAck: true, 0);
            _stored.Fetch(0);
            CarryOut();
            if (number % 50 == 0)
                _stored.Reclaim();
        }
        Assert.Equal(Enumerable.Range(0, Messages), _got);
        _stored.Commit();
        Assert.Equal(0, _stored.LiveEntries);
        Assert.Equal(0, _stored.Slabs.OutstandingBytes);
    }

    private void CarryOut()
    {
        foreach (ref readonly QueueEffect effect in _effects.Span)
        {
            switch (effect.Kind)
            {
                case QueueEffectKind.Deliver:
                    _held.Add(effect);
                    break;
                case QueueEffectKind.GetOk:
                    _got.Add(StoredMachine.NumberOf(effect.Message));
                    effect.Message.Slab.Release(1);
                    break;
                case QueueEffectKind.Release:
                    effect.Slab.Release(effect.References);
                    break;
            }
        }
        _effects.Clear();
    }
}
