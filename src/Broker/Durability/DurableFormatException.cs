namespace Warren.Broker.Durability;

/// <summary>
/// What the node log holds is of a version that this node does not know, or was not written by a broker. The node does
/// not start; nothing is changed.
/// </summary>
public sealed class DurableFormatException(string message) : Exception(message);
