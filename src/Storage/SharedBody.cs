namespace Warren.Storage;

/// <summary>
/// A body that was written once for entries of several groups. It lives as long as one of them does; its place may
/// change meanwhile.
/// </summary>
public sealed class SharedBody
{
    private long _position;

    internal SharedBody(Lsn lsn, Position position, int sizeBytes)
    {
        Lsn = lsn;
        SizeBytes = sizeBytes;
        Position = position;
    }

    public Lsn Lsn { get; }

    public int SizeBytes { get; }

    public Position Position
    {
        get
        {
            long packed = Volatile.Read(ref _position);
            return new Position((uint)(packed >> 32), (uint)packed);
        }

        internal set => Volatile.Write(ref _position, ((long)value.Segment << 32) | value.Offset);
    }
}
