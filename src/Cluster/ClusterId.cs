namespace Warren.Cluster;

/// <summary>
/// Which cluster: made at random when it is founded, whatever it is called. All zeros: none yet.
/// </summary>
public readonly record struct ClusterId(Guid Value)
{
    public static ClusterId None => default;

    public bool IsNone => Value == Guid.Empty;

    public override string ToString() => Value.ToString();
}
