using Warren.Storage.Disk;

namespace Warren.Storage.Log;

/// <summary>
/// One file of the log, open for as long as the node knows it. Its ends are facts of the roster, not of the file, whose
/// size says nothing.
/// </summary>
internal sealed class Segment(uint id, long boot, SegmentKind kind, IDiskFile file)
{
    public uint Id { get; } = id;

    public long Boot { get; } = boot;

    public SegmentKind Kind { get; } = kind;

    public IDiskFile File { get; } = file;

    public ulong Salt => SegmentHeader.SaltOf(Id, Boot);

    /// <summary>
    /// Where its last round ends; of the segment that is being written, where the durable rounds end.
    /// </summary>
    public uint End { get; set; }

    /// <summary>Something in it is not what was written: the rest is moved off, and its file is kept.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>Its file has the name that says so.</summary>
    public bool IsSuspect { get; set; }

    public string Path => SegmentName.PathOf(Id) + (IsSuspect ? SegmentFiles.SuspectSuffix : "");

    public RosterLine Line(uint end) => new(Id, Kind, Boot, end);
}
