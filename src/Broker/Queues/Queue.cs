namespace Warren.Broker.Queues;

/// <summary>A queue on this node: the mailbox in front of its machine.</summary>
public sealed class Queue
{
}
