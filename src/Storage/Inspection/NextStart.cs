using Warren.Storage.Checkpoints;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage.Inspection;

/// <summary>What the next start of a node does with a directory, in sentences.</summary>
internal sealed class NextStart(CheckpointTable table, LogReading reading, bool endsEarly)
{
    /// <summary>Those in which something is damaged, there or missing.</summary>
    public required IReadOnlyList<uint> Segments { get; init; }

    public required SegmentTable Existing { get; init; }

    /// <summary>Live entries that it serves and that cannot be read.</summary>
    public required long FoundWhenRead { get; init; }

    public List<string> Sentences()
    {
        var sentences = new List<string>
        {
            table.Number > 0
                ? $"It begins with checkpoint {table.Number} and reads the log behind LSN {table.Lsn}."
                : "It reads all of the log: there is no whole checkpoint.",
        };
        long lost = reading.State.Incomplete.Sum(each => each.Lost?.Count ?? 0);
        int groups = reading.State.Incomplete.Count(each => each.Lost is not null);
        if (lost > 0)
        {
            sentences.Add(
                "It gives up what is lost, marks the groups as unsound and serves the rest: "
                + $"entries {lost}, groups {groups}.");
        }
        if (reading.IsBroken)
        {
            sentences.Add(
                "It marks all groups as unsound, since records are missing that may have been anyone's, "
                + "and serves what is left.");
        }
        if (endsEarly)
            sentences.Add("It goes on behind the checkpoint's LSN.");
        if (FoundWhenRead > 0)
        {
            sentences.Add(
                "It does not look at bodies; entries that are found to be damaged when they are read: "
                + $"{FoundWhenRead}.");
        }
        foreach (uint id in Segments)
        {
            if (!Existing.TryGet(id, out Segment? segment) || segment.IsSuspect)
                continue;
            string path = SegmentName.PathOf(id);
            sentences.Add(
                $"What is sound in {path} is moved off it; the file is never removed, and ends as "
                + $"{path}{SegmentFiles.DamagedSuffix}.");
        }
        if (sentences.Count == 1)
            sentences.Add("It finds everything.");
        return sentences;
    }
}
