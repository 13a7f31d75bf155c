namespace Warren.Broker.Definitions.Nodes;

/// <summary>A node that was taken out of the cluster.</summary>
/// <param name="Name">What it was called.</param>
/// <param name="By">Where the command was given.</param>
/// <param name="At">When, by that node's wall clock.</param>
public sealed record ForgottenNode(string Name, string By, DateTimeOffset At);
