namespace Warren.Storage.Recovery;

/// <summary>What is known of an entry without its meta and its body.</summary>
internal struct EntryRow
{
    public LogIndex Index;
    public Lsn Lsn;
    public Term Term;
    public Position Position;

    /// <summary>LSN of the body that it shares; 0: it has its own.</summary>
    public long SharedBody;

    public int BodyBytes;

    /// <summary>The segment whose record released it; 0: it is live.</summary>
    public uint ReleasedBy;

    public ushort MetaBytes;

    /// <summary>What it takes in its segment.</summary>
    public readonly int RecordBytes =>
        Log.RecordHeader.SizeBytes + (SharedBody == 0 ? 0 : sizeof(long)) + MetaBytes + BodyBytes;
}
