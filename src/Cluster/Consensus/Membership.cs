namespace Warren.Cluster.Consensus;

/// <summary>Who belongs to a group, by rising identity; immutable. Differs from the one before by one member.</summary>
public sealed class Membership : IEquatable<Membership>
{
    /// <summary>Members in all, voters and learners; the formats' limit.</summary>
    public const int Most = 255;

    private readonly Member[] _members;

    public Membership(IEnumerable<Member> members)
    {
        _members = [.. members.OrderBy(member => member.Id)];
        for (int index = 1; index < _members.Length; index++)
            Invariant.Holds(_members[index - 1].Id != _members[index].Id, "a member is named twice");
        Invariant.Holds(_members.Length <= Most, "a group has more members than its format can say");
        Voters = _members.Count(member => member.IsVoter);
    }

    /// <summary>Nobody: of a node that has yet to hear from the group's leader.</summary>
    public static Membership Empty { get; } = new([]);

    public ReadOnlySpan<Member> Members => _members;

    public int Voters { get; }

    /// <summary>Voters that are a majority.</summary>
    public int Majority => Voters / 2 + 1;

    public bool Contains(NodeId id) => IndexOf(id) >= 0;

    public bool IsVoter(NodeId id) => IndexOf(id) is >= 0 and int index && _members[index].IsVoter;

    /// <summary>Both have the same members; order is not in question, both are sorted.</summary>
    public bool Equals(Membership? other) => other is not null && _members.AsSpan().SequenceEqual(other._members);

    public override bool Equals(object? obj) => Equals(obj as Membership);

    public override int GetHashCode() => _members.Length == 0 ? 0 : HashCode.Combine(_members.Length, _members[0]);

    public override string ToString() => string.Join(' ', _members);

    internal Membership With(Member member) => new(_members.Where(one => one.Id != member.Id).Append(member));

    internal Membership Without(NodeId id) => new(_members.Where(one => one.Id != id));

    private int IndexOf(NodeId id)
    {
        for (int index = 0; index < _members.Length; index++)
        {
            if (_members[index].Id == id)
                return index;
        }
        return -1;
    }
}
