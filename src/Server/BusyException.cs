namespace Warren.Server;

/// <summary>The broker is being started, or runs, and what was asked is done to a stopped one.</summary>
/// <param name="message">A sentence for the operator, without its end.</param>
public sealed class BusyException(string message) : Exception(message);
