namespace Warren.Storage.Checkpoints;

/// <summary>
/// A checkpoint file: a sequence of chunks of <c>crc (4) | bytes (4) | payload</c>, written once, renamed when it is
/// whole and durable. The first is the header, the last the table; in between, one item after the other, none across
/// two chunks:
/// <code>
///   group: 1 | id | last index | last term | state LSN | segment | offset | state bytes | state
///          | mark LSN | segment | offset | 1 unsound or 0 sound | lost entries
///          | segments with state records or marks, how many | which
///   entry: 2 | index less the one before | LSN | term | segment | offset | body bytes | shared LSN | meta bytes | meta
/// </code>
/// Numbers are variable-length, 7 bits a byte, low first. The file ends with 16 bytes: place of the table (8), its
/// checksum seeded by the number (4), "WCKP".
/// </summary>
internal static class CheckpointFormat
{
    public const int Version = 1;

    public const uint Magic = 0x504B4357;

    public const int ChunkHeaderBytes = 8;

    public const int EndBytes = 16;

    /// <summary>A chunk is closed beyond this; one item may be larger.</summary>
    public const int ChunkBytes = 256 * 1024;

    public const byte GroupItem = 1;

    public const byte EntryItem = 2;
}
