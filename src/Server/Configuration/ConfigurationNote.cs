using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>Something the operator should hear about a configuration that works; logged at start.</summary>
public sealed record ConfigurationNote(LogLevel Level, string Message);
