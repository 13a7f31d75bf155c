using Warren.Broker.Durability;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// Brings a queue's messages back from its group, without their bytes, and what a clean stop noted. Expiry goes on by
/// the wall clock, which alone bridges the time when no node ran. After a crash every message may have been handed out,
/// and counts as redelivered; after a clean stop those that were.
/// </summary>
internal static class QueueRecovery
{
    private const byte StateVersion = 1;

    // Of a mark in front of entries that were written anew and did not come to count.
    private const byte AnewVersion = 2;

    /// <summary>Takes up what waits, before anybody is served.</summary>
    /// <param name="queue">Which.</param>
    /// <param name="log">The node's.</param>
    /// <param name="own">The queue's group.</param>
    /// <param name="group">What was found of it; null: nothing ever waited.</param>
    /// <param name="entries">The queue's.</param>
    /// <param name="broker">The node's.</param>
    /// <exception cref="DurableFormatException">It cannot be read.</exception>
    public static void Open(
        Queue queue, NodeLog log, LogGroup own, RecoveredGroup? group, QueueLog entries, MessageBroker broker)
    {
        long? anew = null;
        try
        {
            if (group is not null)
                anew = Run(group, queue.Machine, entries, log.Boot, broker.NowMs, broker.Time.GetUtcNow());
        }
        catch (DurableFormatException error)
        {
            throw new DurableFormatException(
                $"queue '{queue.Definition.Name}' in vhost '{queue.Definition.Vhost}' cannot be read: {error.Message}");
        }
        entries.Open(log, own, broker.Time, group?.LastIndex.Value ?? 0);
        if (anew is { } index)
            entries.ThrowAwayFrom(index);
    }

    /// <summary>A state that says nothing.</summary>
    public static ReadOnlySpan<byte> NoState => [StateVersion, 0, 0];

    /// <returns>The index from which on entries are to be thrown away; null: none are.</returns>
    public static long? Run(
        RecoveredGroup group, QueueMachine machine, QueueLog log, long boot, long nowMs, DateTimeOffset now)
    {
        long offsetMs = nowMs - now.ToUnixTimeMilliseconds();
        Dictionary<long, int>? counts = null;
        ReadOnlySpan<byte> state = group.State.Span;
        long? anew = ReadAnew(ref state);
        bool isClean = IsOfLastBoot(state, boot, out int at);
        Span<long> handedOut = machine.Stored.HandedOut;
        if (isClean)
            ReadHandedOut(state, at, handedOut);
        while (group.TryNext(out RecoveredEntry entry))
        {
            if (entry.Index.Value >= anew)
                continue;
            if (!MessageMeta.Read(in entry, out QueuedMessage queued))
            {
                (counts ??= [])[queued.Position] = queued.DeliveryCount;
                log.RecoverReturn(queued.Position, entry.Index.Value);
                continue;
            }
            int lane = Math.Min(queued.Priority, handedOut.Length - 1);
            queued.Redelivered = !isClean || queued.Position <= handedOut[lane] || queued.DeliveryCount > 0;
            if (queued.Expires)
                queued.ExpiresAtMs = Math.Max(nowMs, queued.ExpiresAtMs + offsetMs);
            if (entry.SharedBody is { } shared)
                log.RecoverShared(queued.Position, shared);
            machine.Stored.Recover(in queued);
        }
        if (counts is not null)
            machine.Stored.RecoverCounts(counts);
        machine.Stored.RecoverLast(group.LastIndex.Value);
        return anew;
    }

    /// <summary>A mark: entries from this index on are nobody's.</summary>
    public static byte[] WriteAnew(long index)
    {
        byte[] state = new byte[11];
        state[0] = AnewVersion;
        int at = 1;
        MessageMeta.WriteNumber(state, ref at, index);
        return state[..at];
    }

    /// <summary>The node stops: notes what the next start must know, if anything waits.</summary>
    public static void Save(QueueMachine machine, QueueLog log, MessageBroker broker, Action done)
    {
        try
        {
            if (log.IsOpen && machine.ReadyCount + machine.UnackedCount > 0)
                log.SetState(WriteState(machine, broker.Storage!.Boot));
        }
        finally
        {
            done();
        }
    }

    /// <summary>
    /// What a clean stop notes: how far each priority has been handed out, and the boot for which that holds.
    /// </summary>
    public static byte[] WriteState(QueueMachine machine, long boot)
    {
        Span<long> handedOut = machine.Stored.HandedOut;
        byte[] state = new byte[24 + (10 * handedOut.Length)];
        state[0] = StateVersion;
        int at = 1;
        MessageMeta.WriteNumber(state, ref at, boot);
        MessageMeta.WriteNumber(state, ref at, handedOut.Length);
        foreach (long position in handedOut)
            MessageMeta.WriteNumber(state, ref at, position);
        return state[..at];
    }

    private static long? ReadAnew(ref ReadOnlySpan<byte> state)
    {
        if (state.IsEmpty || state[0] != AnewVersion)
            return null;
        int at = 1;
        long index = MessageMeta.ReadNumber(state, ref at);
        state = default;
        return index;
    }

    private static bool IsOfLastBoot(ReadOnlySpan<byte> state, long boot, out int at)
    {
        at = 1;
        if (state.IsEmpty)
            return false;
        if (state[0] != StateVersion)
        {
            throw new DurableFormatException(
                $"its state has version {state[0]}; this node knows versions up to {AnewVersion}");
        }
        return MessageMeta.ReadNumber(state, ref at) == boot - 1;
    }

    private static void ReadHandedOut(ReadOnlySpan<byte> state, int at, Span<long> handedOut)
    {
        long lanes = Math.Min(MessageMeta.ReadNumber(state, ref at), handedOut.Length);
        for (int lane = 0; lane < lanes; lane++)
            handedOut[lane] = MessageMeta.ReadNumber(state, ref at);
    }
}
