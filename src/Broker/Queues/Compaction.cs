using Warren.Broker.Messages;

namespace Warren.Broker.Queues;

/// <summary>
/// Moves waiting messages out of slabs that are mostly dead: a few old messages must not pin the slabs of all that came
/// with them. Runs in the queue's turn when the node finds that far more is pinned than lives.
/// </summary>
internal sealed class Compaction
{
    /// <summary>A slab is mostly dead if what its references can account for is less than this share of it.</summary>
    private const int DeadFactor = 4;

    private readonly SlabWriter _writer;

    public Compaction(SlabPool pool) => _writer = new SlabWriter(pool);

    public void Run(QueueMachine machine)
    {
        machine.Stored.Rehome(Relocate);
        _writer.Retire();
    }

    // The references of a slab times the size of one of its messages estimates what lives in it.
    private void Relocate(ref Message message)
    {
        if (!message.IsResident)
            return;
        Slab slab = message.Slab;
        // Small slabs pin little: moving what lies in them would go on for ever.
        if (slab.Bytes.Length < SlabPool.SlabSizeBytes
            || (long)slab.References * message.SizeBytes * DeadFactor >= slab.Bytes.Length)
            return;
        message = _writer.Append(message.Envelope, message.Properties, message.Body);
        slab.Release(1);
    }
}
