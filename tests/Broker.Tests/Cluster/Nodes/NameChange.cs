namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>Somebody wants something made or removed; times in steps.</summary>
internal sealed class NameChange(long begun)
{
    public long Begun => begun;

    /// <summary>When it was answered; of one that was not, or not clearly, it may still come to pass.</summary>
    public long Ended { get; private set; } = long.MaxValue;

    /// <summary>It was answered with success.</summary>
    public bool IsDone { get; private set; }

    /// <summary>It was refused, and will never be.</summary>
    public bool IsRefused { get; private set; }

    public void Done(long now) => (IsDone, Ended) = (true, now);

    public void Refused(long now) => (IsRefused, Ended) = (true, now);
}
