using Warren.Storage.Checkpoints;
using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// A checkpoint and the log behind it, read from the files: the same for a start, for making the next checkpoint and
/// for explaining a directory.
/// </summary>
internal sealed class LogReading : IDisposable
{
    private readonly LostPlaces _lost;

    /// <param name="extent">What there is.</param>
    /// <param name="checkpoint">What to begin with; whoever opened it closes it.</param>
    /// <param name="damages">What is known to be damaged; what is found is added.</param>
    /// <param name="endsEarly">The log ends before the checkpoint does.</param>
    /// <param name="onLost">Told of each entry that is lost, as it is passed.</param>
    public LogReading(
        LogExtent extent, CheckpointReader checkpoint, List<SegmentDamage> damages, bool endsEarly = false,
        Action<GroupId, EntryRow>? onLost = null)
    {
        CheckpointTable table = checkpoint.Table;
        Delta = DeltaReading.Read(extent, table, damages);
        // Without a checkpoint LSNs are missing because of reclaim as well, so that only damage can be counted.
        Missing = new ToldDamage(
            table.Lsn.Value > 0
                ? Delta.MissingRecords + (endsEarly ? 1 : 0)
                : SegmentDamage.Distinct(damages).Count(static damage => damage.MayTakeRecords),
            table.Lsn);
        IsBroken = Missing.Extent > 0 && !(Delta.Told?.Covers(Missing) ?? false);
        var bodies = new Dictionary<long, BodyRow>();
        foreach (BodyRow body in table.Bodies.Concat(Delta.Bodies.Values))
            bodies[body.Lsn] = body;
        Bodies = bodies;
        _lost = new LostPlaces(extent.Segments.Select(each => each.Segment), damages, bodies);
        State = new MergedState(checkpoint, Delta, _lost, IsBroken) { OnLost = onLost };
    }

    public LogDelta Delta { get; }

    /// <summary>By LSN: all that the checkpoint and the log know, lost ones too.</summary>
    public IReadOnlyDictionary<long, BodyRow> Bodies { get; }

    /// <summary>What of the log behind the checkpoint is missing, told before or not.</summary>
    public ToldDamage Missing { get; }

    /// <summary>It is more than what all groups were marked for: any group may have lost something.</summary>
    public bool IsBroken { get; }

    public MergedState State { get; }

    /// <summary>The body's record is not there, or cannot be read.</summary>
    public bool IsLost(in BodyRow body) => _lost.Contains(body.Position);

    public void Dispose() => _lost.Dispose();
}
