namespace Warren.Storage;

/// <summary>Names a group, a log of its own within the node log; from 1, never given twice.</summary>
public readonly record struct GroupId(long Value) : IComparable<GroupId>
{
    public static bool operator <(GroupId left, GroupId right) => left.Value < right.Value;

    public static bool operator >(GroupId left, GroupId right) => left.Value > right.Value;

    public static bool operator <=(GroupId left, GroupId right) => left.Value <= right.Value;

    public static bool operator >=(GroupId left, GroupId right) => left.Value >= right.Value;

    public int CompareTo(GroupId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
