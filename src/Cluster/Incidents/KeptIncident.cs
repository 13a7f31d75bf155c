namespace Warren.Cluster.Incidents;

/// <summary>An incident as a node keeps it.</summary>
/// <param name="Time">When it happened, or last happened, UTC.</param>
/// <param name="Incident">What; <see cref="Incident.Count"/> says how often.</param>
public sealed record KeptIncident(DateTimeOffset Time, Incident Incident)
{
    /// <summary>When the first of those happened that are counted.</summary>
    public DateTimeOffset Since { get; init; } = Time;
}
