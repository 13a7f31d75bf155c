using System.Buffers.Binary;

namespace Warren.Cluster.Links;

/// <summary>
/// What a node says of itself all the while, little-endian; a later version may add to its end:
/// <code>
///  0 number | 8 heard | 16 boot | 24 leadership epoch | 32 durable LSN | 40 last relay stream | 48 sync age, ms (4)
/// 52 wall clock, ms
/// </code>
/// </summary>
/// <param name="Number">Rises by one with each heartbeat on this link.</param>
/// <param name="Heard">The highest number that came from the other side: proof that the way there works.</param>
/// <param name="Boot">The node's boot number.</param>
/// <param name="LeadershipEpoch">The owner's.</param>
/// <param name="DurableLsn">The node log's last durable LSN; it never falls.</param>
/// <param name="RelayStream">The last stream that it began through a relay, to anybody; see RelaySender.</param>
/// <param name="SyncAgeMs">How long the oldest unfinished sync has been under way; 0: none is.</param>
/// <param name="WallClockMs">Its wall clock, ms of Unix time; 0: its version does not say.</param>
public readonly record struct PeerHeartbeat(
    long Number, long Heard, long Boot, long LeadershipEpoch, long DurableLsn, long RelayStream, int SyncAgeMs,
    long WallClockMs)
{
    internal const int SizeBytes = 60;

    /// <summary>As it was before it said what the wall clock shows.</summary>
    internal const int LeastBytes = 52;

    internal void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, Number);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], Heard);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], Boot);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], LeadershipEpoch);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], DurableLsn);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], RelayStream);
        BinaryPrimitives.WriteInt32LittleEndian(target[48..], SyncAgeMs);
        BinaryPrimitives.WriteInt64LittleEndian(target[52..], WallClockMs);
    }

    /// <summary>False if the body is too short or a number in it is negative.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> body, out PeerHeartbeat heartbeat)
    {
        heartbeat = default;
        if (body.Length < LeastBytes)
            return false;
        heartbeat = new PeerHeartbeat(
            BinaryPrimitives.ReadInt64LittleEndian(body),
            BinaryPrimitives.ReadInt64LittleEndian(body[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[40..]),
            BinaryPrimitives.ReadInt32LittleEndian(body[48..]),
            body.Length < SizeBytes ? 0 : BinaryPrimitives.ReadInt64LittleEndian(body[52..]));
        return (heartbeat.Number | heartbeat.Heard | heartbeat.Boot | heartbeat.LeadershipEpoch
            | heartbeat.DurableLsn | heartbeat.RelayStream | (long)heartbeat.SyncAgeMs) >= 0;
    }
}
