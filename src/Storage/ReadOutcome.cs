namespace Warren.Storage;

/// <summary>What became of reading an entry's body.</summary>
public enum ReadOutcome
{
    /// <summary>It is what was appended.</summary>
    Whole,

    /// <summary>There is no such record at this place any more: it was released, or moved and the owner told.</summary>
    Gone,

    /// <summary>What lies there is not what was written. It will never be read.</summary>
    Damaged,

    /// <summary>The disk refused to read it.</summary>
    Unreadable,
}
