namespace Warren.Storage.Recovery;

/// <summary>What is known of a group beside its entries.</summary>
internal sealed record GroupHead(GroupId Id)
{
    public LogIndex LastIndex { get; set; }

    public Term LastTerm { get; set; }

    /// <summary>What the owner set last; null if it never did.</summary>
    public byte[]? State { get; set; }

    public Lsn StateLsn { get; set; }

    public Position StatePosition { get; set; }

    /// <summary>Whether all entries are there, as the latest mark has it.</summary>
    public GroupMark Mark { get; set; }

    /// <summary>
    /// Segments that have records of state or marks, the latest or older: what ends the group must outlive them all.
    /// </summary>
    public SortedSet<uint> StateSegments { get; } = [];

    public int StateRecordBytes => State is null ? 0 : Log.RecordHeader.SizeBytes + State.Length;

    public void SetState(ReadOnlySpan<byte> state, Lsn lsn, Position position)
    {
        State = state.ToArray();
        StateLsn = lsn;
        MoveState(position);
    }

    public void MoveState(Position to)
    {
        StatePosition = to;
        StateSegments.Add(to.Segment);
    }

    public void SetMark(in GroupMark mark)
    {
        Mark = mark;
        StateSegments.Add(mark.Position.Segment);
    }

    public void Reach(LogIndex index, Term term)
    {
        LastIndex = index;
        LastTerm = term;
    }
}
