namespace Warren.Broker.Topology;

/// <summary>Names a runtime parameter in its vhost; ordered octet by octet.</summary>
/// <param name="Component">Whose parameter it is, such as federation-upstream.</param>
/// <param name="Name">Unique in the component.</param>
public readonly record struct ParameterName(string Component, string Name) : IComparable<ParameterName>
{
    public int CompareTo(ParameterName other)
    {
        int order = string.CompareOrdinal(Component, other.Component);
        return order != 0 ? order : string.CompareOrdinal(Name, other.Name);
    }

    public static bool operator <(ParameterName left, ParameterName right) => left.CompareTo(right) < 0;

    public static bool operator >(ParameterName left, ParameterName right) => left.CompareTo(right) > 0;

    public static bool operator <=(ParameterName left, ParameterName right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ParameterName left, ParameterName right) => left.CompareTo(right) >= 0;
}
