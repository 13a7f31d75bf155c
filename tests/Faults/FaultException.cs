namespace Warren.Faults;

/// <summary>A fault run has failed; the message tells what was found and how to see it again.</summary>
internal sealed class FaultException(string message) : Exception(message);
