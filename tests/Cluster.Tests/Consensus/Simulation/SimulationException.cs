namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>Something that must never be was seen; names the seed, which shows it again.</summary>
public sealed class SimulationException(string message, Exception? cause = null) : Exception(message, cause);
