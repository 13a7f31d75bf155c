using System.Buffers.Binary;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// What a node says of itself to each of the others: how far it is, what its clock shows, and what it has heard of the
/// one it says this to (docs/formats/definitions.md). Times are of the monotonic clock of whoever said them, and mean
/// something to him alone.
/// </summary>
internal readonly record struct NodeWord
{
    /// <summary>
    /// As it is sent: eight numbers of 8 bytes, big-endian, in this order, and a ninth that versions before do not say.
    /// </summary>
    public const int Bytes = 8 * 8;

    private const long UnderMaintenance = 1;

    /// <summary>The start of its directory that it is.</summary>
    public required long Boot { get; init; }

    /// <summary>The last entry whose effect its clients see.</summary>
    public required long Applied { get; init; }

    /// <summary>
    /// See <see cref="NodesSnapshot.Incarnation"/>; 0: it serves nobody; negative: nor will this start of it ever
    /// again.
    /// </summary>
    public required long Incarnation { get; init; }

    /// <summary>The group's term as it knows it.</summary>
    public required long Term { get; init; }

    /// <summary>When it said what it says at each tick, ms.</summary>
    public required long SaidMs { get; init; }

    /// <summary>Which start of the receiver it has heard; 0: none.</summary>
    public long HeardBoot { get; init; }

    /// <summary>A <see cref="SaidMs"/> of the receiver that it has heard, and as the leader waits for.</summary>
    public long HeardMs { get; init; }

    /// <summary>
    /// The leader's: up to where all that are waited for have applied; -1: it does not lead, or has not decided yet.
    /// </summary>
    public required long Settled { get; init; }

    /// <summary>Nothing is to be placed there; bit 0 of the ninth number.</summary>
    public bool IsUnderMaintenance { get; init; }

    /// <summary>False: it is too short. What a later version has added is left out.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out NodeWord word)
    {
        if (body.Length < Bytes)
        {
            word = default;
            return false;
        }
        word = new NodeWord
        {
            Boot = Number(body, 0),
            Applied = Number(body, 1),
            Incarnation = Number(body, 2),
            Term = Number(body, 3),
            SaidMs = Number(body, 4),
            HeardBoot = Number(body, 5),
            HeardMs = Number(body, 6),
            Settled = Number(body, 7),
            IsUnderMaintenance = body.Length >= Bytes + 8 && (Number(body, 8) & UnderMaintenance) != 0,
        };
        return true;
    }

    public byte[] Write() => DefinitionsFrame.Numbers(
        Boot, Applied, Incarnation, Term, SaidMs, HeardBoot, HeardMs, Settled,
        IsUnderMaintenance ? UnderMaintenance : 0);

    private static long Number(ReadOnlySpan<byte> body, int place) =>
        BinaryPrimitives.ReadInt64BigEndian(body[(place * 8)..]);
}
