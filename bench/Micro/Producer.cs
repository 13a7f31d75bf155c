namespace Warren.Micro;

/// <summary>
/// A producer's connection: its reader loop. One execution is one read: the bytes come into a free slab (a copy, as the
/// kernel's would be), are cut into messages and posted as one batch for each queue. Without a free slab the
/// loop rests until one comes back, as it would with its credit used up.
/// </summary>
internal sealed class Producer : IThreadPoolWorkItem
{
    private const int Slabs = 16;
    private const int SlabBytes = 64 * 1024;

    private readonly IReadOnlyList<Queue> _queues;
    private readonly byte[] _input = new byte[SlabBytes];
    private readonly int _inputBytes;
    private readonly Lock _slabsLock = new();
    private readonly Stack<Slab> _free = new(Slabs);
    private readonly Batch<Message> _batch = new();
    private bool _resting;
    private bool _stopped;
    private long _published;

    internal Producer(IReadOnlyList<Queue> queues, int bodyBytes, int messagesInRead)
    {
        _queues = queues;
        _inputBytes = Wire.Fill(_input, bodyBytes, messagesInRead);
        for (int i = 0; i < Slabs; i++)
            _free.Push(new Slab(this, SlabBytes));
    }

    internal long Published => Volatile.Read(ref _published);

    internal bool Stopped => Volatile.Read(ref _stopped);

    internal void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    internal void Stop() => Volatile.Write(ref _stopped, true);

    internal void Return(Slab slab)
    {
        bool resume;
        lock (_slabsLock)
        {
            _free.Push(slab);
            resume = _resting;
            _resting = false;
        }

        if (resume)
            Start();
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (Stopped)
            return;
        Slab? slab;
        lock (_slabsLock)
        {
            _resting = !_free.TryPop(out slab);
            if (_resting)
                return;
        }

        Read(slab!);
        Start();
    }

    private void Read(Slab slab)
    {
        _input.AsSpan(0, _inputBytes).CopyTo(slab.Bytes);
        _batch.Clear();
        for (int at = 0; at < _inputBytes;)
            _batch.Add(Wire.Cut(slab, ref at));
        slab.Reset(_batch.Count * _queues.Count);
        Volatile.Write(ref _published, _published + _batch.Count);
        foreach (Queue queue in _queues)
            queue.Post(_batch.Items);
    }
}
