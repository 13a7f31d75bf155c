namespace Warren.Broker.Queues.Remote;

/// <summary>Why a stand-in's line is over.</summary>
internal enum LineEnd
{
    /// <summary>The home has not been reached for longer than is waited for.</summary>
    Away,

    /// <summary>
    /// The home is another process now, or has given the line up: what it had not answered nobody knows.
    /// </summary>
    Lost,

    /// <summary>
    /// The home says that the queue is gone, which this node's definitions do not say yet: until they do it may be the
    /// home that is wrong, and nothing counts as taken.
    /// </summary>
    NotThere,

    /// <summary>The queue is gone.</summary>
    Gone,
}
