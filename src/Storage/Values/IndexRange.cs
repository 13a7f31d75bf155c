namespace Warren.Storage;

/// <summary>Indexes of a group, both ends included.</summary>
public readonly record struct IndexRange(LogIndex First, LogIndex Last)
{
    public bool Contains(LogIndex index) => index >= First && index <= Last;
}
