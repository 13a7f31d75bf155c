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

    public static void Run(
        RecoveredGroup group, QueueMachine machine, QueueLog log, long boot, long nowMs, DateTimeOffset now)
    {
        long offsetMs = nowMs - now.ToUnixTimeMilliseconds();
        Dictionary<long, int>? counts = null;
        ReadOnlySpan<byte> state = group.State.Span;
        bool isClean = IsOfLastBoot(state, boot, out int at);
        Span<long> handedOut = machine.Stored.HandedOut;
        if (isClean)
            ReadHandedOut(state, at, handedOut);
        while (group.TryNext(out RecoveredEntry entry))
        {
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

    private static bool IsOfLastBoot(ReadOnlySpan<byte> state, long boot, out int at)
    {
        at = 1;
        if (state.IsEmpty)
            return false;
        if (state[0] != StateVersion)
        {
            throw new DurableFormatException(
                $"its state has version {state[0]}; this node knows version {StateVersion}");
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
