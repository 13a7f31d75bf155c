namespace Warren.Cluster.Incidents;

/// <summary>
/// Where incidents go. Must neither block nor fail: it is called from turns, and when a disk is full.
/// </summary>
public delegate void IncidentSink(Incident incident);
