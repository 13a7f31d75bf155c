using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// The segment with which a log ends, and which damage of it leaves what a crash might have left: then nobody can tell,
/// and nothing is told.
/// </summary>
internal sealed class LogEnd
{
    private readonly HashSet<long> _ends = [];
    private readonly uint _madeBytes;
    private readonly uint _lastStart = SegmentHeader.SizeBytes;

    public LogEnd(FaultyDisk disk, uint segment)
    {
        Path = SegmentName.PathOf(segment);
        using IDiskFile file = disk.Open(Path);
        byte[] bytes = new byte[SegmentHeader.SizeBytes];
        file.Read(0, bytes);
        if (!SegmentHeader.TryRead(bytes, segment, out SegmentHeader header))
            throw new SimulationException($"{Path} has no header");
        _madeBytes = header.FileBytes;
        for (uint at = SegmentHeader.SizeBytes;
            file.Read(at, bytes.AsSpan(0, RoundHeader.SizeBytes)) == RoundHeader.SizeBytes
            && RoundHeader.TryRead(bytes, header.Salt, at, out RoundHeader round);)
        {
            long end = at + RoundHeader.SizeBytes + round.PayloadBytes;
            _ends.Add(end);
            _lastStart = at;
            at = RoundHeader.Align(end);
        }
    }

    public string Path { get; }

    /// <summary>
    /// Without a round in it its length need not have been durable; a start cuts the file behind its last round; or no
    /// more was made sure of than is left.
    /// </summary>
    public bool MayBeCutTo(long bytes) => bytes <= _ends.Min() || _ends.Contains(bytes) || bytes >= _madeBytes;

    /// <summary>The last round was never durable.</summary>
    public bool MayBeTornAt(long offset) => offset >= _lastStart;
}
