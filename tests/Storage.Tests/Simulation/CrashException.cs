namespace Warren.Storage.Tests.Simulation;

/// <summary>The machine stops here.</summary>
internal sealed class CrashException() : Exception("crash");
