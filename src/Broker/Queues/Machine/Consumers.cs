namespace Warren.Broker.Queues;

/// <summary>
/// Who takes a queue's messages: the highest priority that has credit first, round robin among equals; with a single
/// active consumer that one alone, and nobody may take its place before it leaves. Invariants: a consumer is in its
/// level's ring exactly while it is attached, allowed, has credit and is not starved; no ready level lies before
/// <see cref="_firstReady"/>.
/// </summary>
internal sealed class Consumers(bool singleActive, bool quorum)
{
    private readonly List<ConsumerLevel> _levels = [];
    private int _firstReady;
    private Consumer? _first;
    private Consumer? _last;

    /// <summary>
    /// Whether one of the first few waits for its connection to write; all of thousands need not be asked.
    /// </summary>
    public bool HasClosedWindow
    {
        get
        {
            Consumer? consumer = First;
            for (int asked = 0; consumer is not null && asked < 16; asked++, consumer = consumer.Next)
            {
                if (consumer.WindowMessagesLeft <= 0 || consumer.WindowBytesLeft <= 0)
                    return true;
            }
            return false;
        }
    }

    /// <summary>Somebody may be able to take a message; whether he can, <see cref="Next"/> finds out.</summary>
    public bool MayTake
    {
        get
        {
            for (int level = _firstReady; level < _levels.Count; level++)
            {
                if (_levels[level].First is not null)
                    return true;
            }
            return false;
        }
    }

    public int Count { get; private set; }

    /// <summary>
    /// The consumer that has the queue to itself: the single active or an exclusive one; null: there is none.
    /// </summary>
    public Consumer? Holder { get; private set; }

    /// <summary>In the order they came.</summary>
    public Consumer? First => _first;

    /// <summary>
    /// Whether RabbitMQ would refuse the consumer. Exclusive use and a single active consumer exclude each other;
    /// quorum queues know no exclusive consumers and take the flag without heeding it.
    /// </summary>
    public bool Refuses(Consumer consumer)
    {
        if (quorum)
            return false;
        if (singleActive)
            return consumer.Exclusive;
        return Holder is not null || (consumer.Exclusive && Count > 0);
    }

    public void Add(Consumer consumer)
    {
        consumer.Attached = true;
        consumer.Level = LevelOf(consumer.Priority);
        consumer.Level.Members++;
        consumer.Previous = _last;
        if (_last is null)
            _first = consumer;
        else
            _last.Next = consumer;
        _last = consumer;
        Count++;
        if (Holder is null && (singleActive || (consumer.Exclusive && !quorum)))
            Holder = consumer;
        Update(consumer);
    }

    /// <summary>Takes a consumer out; if it was the single active one, the next becomes active.</summary>
    public void Remove(Consumer consumer)
    {
        ConsumerLevel level = consumer.Level!;
        if (consumer.NextReady is not null)
            level.Unlink(consumer);
        consumer.Attached = false;
        consumer.Level = null;
        if (--level.Members == 0)
            RemoveLevel(level);
        if (consumer.Previous is null)
            _first = consumer.Next;
        else
            consumer.Previous.Next = consumer.Next;
        if (consumer.Next is null)
            _last = consumer.Previous;
        else
            consumer.Next.Previous = consumer.Previous;
        consumer.Next = null;
        consumer.Previous = null;
        Count--;
        if (Holder != consumer)
            return;
        Holder = singleActive ? Successor() : null;
        if (Holder is not null)
            Update(Holder);
    }

    /// <summary>
    /// Who takes the next message, its place in a shared prefetch taken; null: nobody can. Whoever is named must get
    /// one.
    /// </summary>
    public Consumer? Next()
    {
        for (; _firstReady < _levels.Count; _firstReady++)
        {
            ConsumerLevel level = _levels[_firstReady];
            while (level.First is { } consumer)
            {
                if (consumer.Shared is null || consumer.NoAck || consumer.Shared.TryTake(out consumer.HoldsPlace))
                    return consumer;
                consumer.Starved = true;
                level.Unlink(consumer);
            }
        }
        return null;
    }

    /// <summary>
    /// Something of the consumer's credit came back: it joins the round if it may and is not in it.
    /// </summary>
    public void Update(Consumer consumer)
    {
        if (!consumer.Attached || consumer.NextReady is not null || consumer.Starved || !consumer.HasCredit)
            return;
        if (singleActive && consumer != Holder)
            return;
        ConsumerLevel level = consumer.Level!;
        level.Link(consumer);
        if (level.Index < _firstReady)
            _firstReady = level.Index;
    }

    /// <summary>
    /// Classic queues choose by priority, then age; quorum queues by age alone, as RabbitMQ 3.13 does.
    /// </summary>
    private Consumer? Successor()
    {
        Consumer? chosen = _first;
        if (quorum || _levels.Count < 2)
            return chosen;
        while (chosen is not null && chosen.Level!.Index != 0)
            chosen = chosen.Next;
        return chosen;
    }

    private ConsumerLevel LevelOf(int priority)
    {
        int index = 0;
        while (index < _levels.Count && _levels[index].Priority > priority)
            index++;
        if (index < _levels.Count && _levels[index].Priority == priority)
            return _levels[index];
        var level = new ConsumerLevel(priority);
        _levels.Insert(index, level);
        Renumber();
        return level;
    }

    private void RemoveLevel(ConsumerLevel level)
    {
        _levels.RemoveAt(level.Index);
        Renumber();
    }

    private void Renumber()
    {
        for (int index = 0; index < _levels.Count; index++)
            _levels[index].Index = index;
        _firstReady = 0;
    }
}
