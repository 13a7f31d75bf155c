namespace Warren.Broker.Tests.Queues;

internal enum PagedPlace
{
    /// <summary>In the queue, or dropped by it without a word.</summary>
    Ready,

    /// <summary>With a client that has to settle it.</summary>
    Out,

    /// <summary>Dead-lettered, and the targets do not have it yet.</summary>
    Dead,

    Gone,
}
