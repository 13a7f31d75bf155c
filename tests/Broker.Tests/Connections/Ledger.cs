using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>
/// Who has which message, as the clients know it. A message is named by its queue and number. It fails as soon as a
/// message is with two clients at once, comes back after it was settled, or comes back without the redelivered mark.
/// </summary>
internal sealed class Ledger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Queue, long Number), Entry> _entries = [];

    public int Delivered { get; private set; }

    public int Returned { get; private set; }

    /// <summary>About to be sent.</summary>
    public void Publish(string queue, long number)
    {
        lock (_lock)
            _entries.Add((queue, number), new Entry());
    }

    public void Confirm(string queue, long number)
    {
        lock (_lock)
            _entries[(queue, number)].IsConfirmed = true;
    }

    public void Deliver(string queue, long number, bool redelivered)
    {
        lock (_lock)
        {
            Entry entry = _entries[(queue, number)];
            Assert.False(entry.IsHeld, $"{queue} {number} is with two clients");
            Assert.False(entry.IsSettled, $"{queue} {number} comes after it was settled");
            Assert.True(redelivered || !entry.WasDelivered, $"{queue} {number} comes again without the mark");
            entry.IsHeld = true;
            entry.WasDelivered = true;
            Delivered++;
        }
    }

    /// <summary>About to be given back: by a nack, by the end of the channel or of the connection.</summary>
    public void GiveBack(string queue, long number)
    {
        lock (_lock)
        {
            _entries[(queue, number)].IsHeld = false;
            Returned++;
        }
    }

    /// <summary>About to be acknowledged or rejected for good.</summary>
    public void Settle(string queue, long number)
    {
        lock (_lock)
        {
            _entries[(queue, number)].IsHeld = false;
            _entries[(queue, number)].MayBeSettled = true;
        }
    }

    /// <summary>The server has taken the acknowledgement.</summary>
    public void KnowSettled(string queue, long number)
    {
        lock (_lock)
            _entries[(queue, number)].IsSettled = true;
    }

    /// <summary>Compares with what is left in the queue, in its order.</summary>
    public void CheckRest(string queue, List<long> numbers)
    {
        lock (_lock)
        {
            Assert.Equal(numbers.Count, numbers.Distinct().Count());
            foreach (IGrouping<long, long> publisher in numbers.GroupBy(number => number >> 32))
                Assert.Equal(publisher.Order(), publisher);
            HashSet<long> rest = [.. numbers];
            foreach (((string name, long number), Entry entry) in _entries)
            {
                if (name != queue)
                    continue;
                Assert.False(entry.IsHeld, $"{queue} {number} is still with a client");
                bool isThere = rest.Remove(number);
                Assert.False(isThere && entry.IsSettled, $"{queue} {number} was settled and is there");
                if (entry.IsConfirmed && !entry.MayBeSettled)
                    Assert.True(isThere, $"{queue} {number} is lost");
            }
            Assert.Empty(rest);
        }
    }

    private sealed class Entry
    {
        public bool IsConfirmed { get; set; }

        public bool IsHeld { get; set; }

        public bool WasDelivered { get; set; }

        public bool MayBeSettled { get; set; }

        public bool IsSettled { get; set; }
    }
}
