namespace Warren.Micro;

/// <summary>
/// A consumer's connection: the outbox that queues post to, and the writer that swaps it, numbers and encodes the
/// deliveries into a buffer of the size of one write, and gives credit back to the queue.
/// The queue's guard owns <see cref="Credit"/> and <see cref="Gathered"/>; the writer owns the rest.
/// </summary>
internal sealed class Consumer(Queue queue) : IThreadPoolWorkItem
{
    internal const int CreditAtStart = 2048;
    private const int WriteBytes = 64 * 1024;

    private readonly Lock _outboxLock = new();
    private readonly byte[] _buffer = new byte[WriteBytes];
    private Batch<Message> _outbox = new();
    private Batch<Message> _writing = new();
    private bool _scheduled;
    private long _delivered;

    internal int Credit { get; set; } = CreditAtStart;

    internal Batch<Message> Gathered { get; } = new();

    internal long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Stands for the bytes handed to the socket, so that encoding has an effect.</summary>
    internal long WrittenBytes { get; private set; }

    internal void Post(ReadOnlySpan<Message> messages)
    {
        bool idle;
        lock (_outboxLock)
        {
            _outbox.Add(messages);
            idle = !_scheduled;
            _scheduled = true;
        }

        if (idle)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        lock (_outboxLock)
            (_outbox, _writing) = (_writing, _outbox);
        int count = _writing.Count;
        Write(_writing.Items);
        _writing.Clear();
        queue.ReturnCredit(this, count);
        lock (_outboxLock)
        {
            _scheduled = _outbox.Count > 0;
            if (!_scheduled)
                return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Write(ReadOnlySpan<Message> messages)
    {
        int at = 0;
        long tag = _delivered;
        Slab? slab = null;
        int ofSlab = 0;
        foreach (ref readonly Message message in messages)
        {
            if (_buffer.Length - at < Wire.DeliveredBytes(message.BodyBytes))
            {
                WrittenBytes += at;
                at = 0;
            }

            at = Wire.Deliver(_buffer, at, message, ++tag);
            if (message.Slab != slab)
            {
                slab?.Release(ofSlab);
                (slab, ofSlab) = (message.Slab, 0);
            }

            ofSlab++;
        }

        slab?.Release(ofSlab);
        WrittenBytes += at;
        Volatile.Write(ref _delivered, tag);
    }
}
