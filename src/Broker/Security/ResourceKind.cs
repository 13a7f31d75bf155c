namespace Warren.Broker.Security;

/// <summary>What a permission is asked for.</summary>
public enum ResourceKind
{
    Queue,
    Exchange,
}
