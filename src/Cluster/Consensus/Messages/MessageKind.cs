namespace Warren.Cluster.Consensus.Messages;

/// <summary>The second byte of a message; numbers are the format's and stay.</summary>
internal enum MessageKind : byte
{
    VoteRequest = 1,
    VoteAnswer = 2,
    AppendRequest = 3,
    AppendAnswer = 4,
    SnapshotChunk = 5,
    SnapshotAnswer = 6,
    TimeoutNow = 7,
    BarrierRequest = 8,
    BarrierAnswer = 9,
}
