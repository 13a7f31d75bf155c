namespace Warren.Storage.Log;

/// <summary>Who writes a segment.</summary>
internal enum SegmentKind : byte
{
    /// <summary>The committer, in the order of the LSNs.</summary>
    Log = 1,

    /// <summary>Reclaim: records whose segments went; whole before it is in the roster.</summary>
    Survivors = 2,
}
