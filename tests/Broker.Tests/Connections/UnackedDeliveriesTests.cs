using System.Runtime.CompilerServices;
using Warren.Broker.Channels;
using Warren.Broker.Queues;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>The ring of unsettled deliveries against a sorted dictionary.</summary>
public sealed class UnackedDeliveriesTests
{
    // Nobody calls it: only its identity counts.
    private static readonly Queue Queue = (Queue)RuntimeHelpers.GetUninitializedObject(typeof(Queue));

    private readonly UnackedDeliveries _deliveries = new();
    private readonly List<UnackedDelivery> _taken = [];

    [Fact]
    public void One_is_taken_once()
    {
        AddUpTo(3);
        Assert.Equal([2], Take(2, multiple: false));
        Assert.Null(Take(2, multiple: false));
        Assert.Equal(2, _deliveries.Count);
    }

    [Fact]
    public void Several_are_taken_up_to_the_one_named_which_must_be_there()
    {
        AddUpTo(5);
        Take(2, multiple: false);
        Assert.Null(Take(2, multiple: true));
        Assert.Equal([1, 3, 4], Take(4, multiple: true));
        Assert.Null(Take(4, multiple: true));
        Assert.Null(Take(9, multiple: true));
        Assert.Equal([5], Take(0, multiple: true));
        Assert.Empty(Take(0, multiple: true)!);
        Assert.Null(Take(0, multiple: false));
    }

    [Fact]
    public void What_is_taken_back_has_its_place_again()
    {
        AddUpTo(4);
        Take(3, multiple: true);
        Insert(2);
        Insert(1);
        Assert.Equal([1, 2], Take(2, multiple: true));
        Assert.Equal([4], Take(4, multiple: false));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void It_behaves_like_a_sorted_dictionary(int seed)
    {
        var random = new Random(seed);
        var model = new SortedDictionary<ulong, bool>();
        var settled = new List<ulong>();
        ulong last = 0;
        for (int step = 0; step < 20_000; step++)
        {
            // Phases of growth and of decline, so that the ring grows, wraps around and shrinks.
            bool grows = step / 3000 % 2 == 0;
            int action = random.Next(grows ? 4 : 10);
            if (action < 3)
            {
                for (int count = random.Next(1, 4); count > 0; count--)
                {
                    Add(++last);
                    model.Add(last, true);
                }
            }
            else if (action == 3 && settled.Count > 0 && random.Next(5) == 0)
            {
                ulong back = settled[random.Next(settled.Count)];
                settled.Remove(back);
                Insert(back);
                model.Add(back, true);
            }
            else
            {
                bool multiple = random.Next(100) == 0;
                ulong tag = random.Next(50) == 0 || model.Count == 0
                    ? (ulong)random.NextInt64((long)last + 3)
                    : model.Keys.ElementAt(random.Next(Math.Min(model.Count, 30)));
                ulong[]? expected = Expect(model, tag, multiple);
                Assert.Equal(expected, Take(tag, multiple));
                settled.AddRange(expected ?? []);
                if (settled.Count > 50)
                    settled.RemoveRange(0, settled.Count - 50);
            }
            Assert.Equal(model.Count, _deliveries.Count);
        }
        Assert.Equal(model.Keys, Take(0, multiple: true)!);
    }

    [Fact]
    public void Memory_follows_what_is_unsettled()
    {
        const int Many = 100_000;
        // One that is never settled, in front of many that are: dead entries must not pile up behind it.
        AddUpTo(1);
        for (ulong tag = 2; tag < Many; tag++)
        {
            Add(tag);
            Take(tag, multiple: false);
        }
        Assert.True(_deliveries.Capacity <= 4096, $"{_deliveries.Capacity} entries for one delivery");
        for (ulong tag = Many; tag < 2 * Many; tag++)
            Add(tag);
        Take(0, multiple: true);
        Assert.True(_deliveries.Capacity <= 4096, $"{_deliveries.Capacity} entries for none");
    }

    private static ulong[]? Expect(SortedDictionary<ulong, bool> model, ulong tag, bool multiple)
    {
        if (multiple && tag == 0)
        {
            ulong[] all = [.. model.Keys];
            model.Clear();
            return all;
        }
        if (!model.ContainsKey(tag))
            return null;
        ulong[] taken = multiple ? [.. model.Keys.TakeWhile(key => key <= tag)] : [tag];
        foreach (ulong each in taken)
            model.Remove(each);
        return taken;
    }

    private void AddUpTo(ulong last)
    {
        for (ulong tag = 1; tag <= last; tag++)
            Add(tag);
    }

    private void Add(ulong tag) => _deliveries.Add(Delivery(tag));

    private void Insert(ulong tag) => _deliveries.Insert(Delivery(tag));

    private static UnackedDelivery Delivery(ulong tag) => new(tag, Queue, (int)tag, (long)tag);

    private ulong[]? Take(ulong tag, bool multiple)
    {
        _taken.Clear();
        bool taken = _deliveries.TryTake(tag, multiple, _taken);
        Assert.All(_taken, delivery => Assert.Equal((int)delivery.Tag, delivery.Slot));
        return taken ? [.. _taken.Select(delivery => delivery.Tag)] : null;
    }
}
