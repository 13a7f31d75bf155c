namespace Warren.Storage.Recovery;

/// <summary>A shared body.</summary>
internal readonly record struct BodyRow(long Lsn, Position Position, int BodyBytes)
{
    public int RecordBytes => Log.RecordHeader.SizeBytes + BodyBytes;
}
