namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>A client has a message, and has said nothing of it.</summary>
/// <param name="Client">Who.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Node">Whose client.</param>
/// <param name="Since">The step of the delivery.</param>
/// <param name="CrashesThen">See <see cref="MessageLedger.CrashesOf"/>; at that time.</param>
internal sealed record Holding(
    NodeClient Client, string Name, SimulatedNode Node, long Since, (int Taker, int Home) CrashesThen);
