namespace Warren.Broker.Arguments;

/// <summary>Some of the queue types.</summary>
[Flags]
internal enum QueueTypeSet
{
    None = 0,
    Classic = 1,
    Quorum = 2,
    Stream = 4,
    NotStream = Classic | Quorum,
    Replicated = Quorum | Stream,
    All = Classic | Quorum | Stream,
}
