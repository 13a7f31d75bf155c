namespace Warren.Storage;

/// <summary>
/// Where a record lies: segment and offset in it, bytes. Changes when the record is copied forward; the owner of its
/// group is told (<see cref="IGroupOwner.Moved"/>).
/// </summary>
public readonly record struct Position(uint Segment, uint Offset)
{
    /// <summary>No record.</summary>
    public static Position None => default;

    public bool IsNone => Segment == 0;

    public override string ToString() => $"{Segment}:{Offset}";
}
