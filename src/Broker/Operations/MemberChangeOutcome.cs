namespace Warren.Broker.Operations;

/// <summary>What became of an operator's wish for other members of a queue.</summary>
public enum MemberChangeOutcome
{
    /// <summary>It is wished for from now on, and durable: the queue's group follows.</summary>
    Done,

    /// <summary>It was wished for already.</summary>
    AlreadySo,

    /// <summary>A queue keeps one member.</summary>
    LastMember,

    /// <summary>It has as many members as a queue may have.</summary>
    Full,

    /// <summary>The node is not in the cluster.</summary>
    NotInCluster,

    /// <summary>The queue is not replicated: it lives on one node.</summary>
    NotReplicated,

    /// <summary>
    /// The queue has lived on one node, whose member takes it over first: to be asked again in a moment.
    /// </summary>
    Begins,

    /// <summary>The queue is there no more.</summary>
    Gone,
}
