using Warren.Storage;

namespace Warren.Broker.Tests.Cluster;

/// <summary>Records on a simulated node's disk that go bad behind its back.</summary>
internal static class DamagedRecord
{
    /// <summary>A bit of it is another one.</summary>
    /// <param name="node">Whose disk.</param>
    /// <param name="record">Where it lies.</param>
    /// <param name="at">The byte within it.</param>
    public static void Flip(SimulatedNode node, Position record, int at)
    {
        node.IsDamaged = true;
        node.Disk.FlipBit(PathOf(record), record.Offset + at, 1);
    }

    /// <summary>The disk refuses to read the sector that this byte of it lies in.</summary>
    public static void Spoil(SimulatedNode node, Position record, int at)
    {
        node.IsDamaged = true;
        node.Disk.Spoil(PathOf(record), record.Offset + at);
    }

    private static string PathOf(Position record) => $"log/{record.Segment:D10}.seg";
}
