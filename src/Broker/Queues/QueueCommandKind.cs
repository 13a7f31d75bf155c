namespace Warren.Broker.Queues;

/// <summary>
/// What a <see cref="QueueCommand"/> asks; each is a method of <see cref="QueueMachine"/>, but Credit and
/// what concerns the node log.
/// </summary>
public enum QueueCommandKind : byte
{
    Publish,
    Settle,
    Reject,
    Requeue,
    Return,
    AddConsumer,
    CancelConsumer,
    Resume,
    Written,
    Get,
    Purge,
    Status,
    Close,
    Configure,

    /// <summary>Somebody wants to know who consumes.</summary>
    ListConsumers,
    Tick,

    /// <summary>Takes everything back from clients of another node that are cut off.</summary>
    ReturnAll,

    /// <summary>Settles what was taken back already, if it is still there.</summary>
    SettleLate,

    /// <summary>Commands of one cause begin, or end.</summary>
    Together,

    /// <summary>Moves waiting messages out of slabs that are mostly dead.</summary>
    Compact,

    /// <summary>
    /// The commands before this one, of this connection, have been handled: it may post that much more.
    /// </summary>
    Credit,

    /// <summary>Records that this queue waits for are durable.</summary>
    Durable,

    /// <summary>Wants an answer when what was settled before is durable.</summary>
    Sync,

    /// <summary>A dead letter has arrived where it goes.</summary>
    Buried,

    /// <summary>Dead letters that had nowhere to go may have, or it is known that they have not.</summary>
    LookAgain,

    /// <summary>Bytes of waiting messages were read.</summary>
    Fetched,

    /// <summary>Records were copied to another place.</summary>
    Moved,

    /// <summary>The queue's group ends.</summary>
    DropLog,

    /// <summary>Notes what the next start must know.</summary>
    SaveState,

    /// <summary>Hands nothing to consumers any more.</summary>
    Rest,

    /// <summary>Something has happened to delayed messages; for what keeps them on several nodes alone.</summary>
    OfDelays,

    /// <summary>The queue is to go on as a replicated one; of queues that live here alone, as the next two.</summary>
    Convert,

    /// <summary>A line of another node has posted its last command.</summary>
    LineMoved,

    /// <summary>All lines have.</summary>
    LinesMoved,

    /// <summary>What clients of this node have in a queue that is replicated from now on; its stand-in only.</summary>
    Adopt,

    /// <summary>A frame from another node; stand-ins of queues on other nodes only.</summary>
    PeerFrame,

    /// <summary>The link with another node changed; stand-ins only.</summary>
    PeerSignal,

    /// <summary>A message of consensus; from here on for members of replicated queues only.</summary>
    GroupMessage,

    /// <summary>Heartbeats have gathered, or something of the group is durable.</summary>
    GroupWake,

    /// <summary>Payloads of the group were read.</summary>
    GroupRead,

    /// <summary>A queue that served alone is taken over.</summary>
    Inherit,

    /// <summary>Asks to lead.</summary>
    Campaign,

    /// <summary>The queue is to have other members.</summary>
    Members,

    /// <summary>Who leads says which members it has.</summary>
    Standing,

    /// <summary>Somebody says what time it is in the queue, or asks.</summary>
    Time,

    /// <summary>All that came to it as the leader of before has come.</summary>
    Left,

    /// <summary>What a client holds of a queue whose leader has changed; replicated queues only, as the next ones.
    /// </summary>
    Claim,

    /// <summary>Somebody wants to know something of the member's consensus, or to have it do something.</summary>
    Ask,

    /// <summary>
    /// The member is to lead nothing, and hands over what it leads; or it may lead again; or disks decide it.
    /// </summary>
    HandOver,

    /// <summary>A node hears of the leader by others alone: one that it reaches is to lead.</summary>
    Unreached,

    /// <summary>A node has made all its claims; the last of those for members alone.</summary>
    ClaimsComplete,

    /// <summary>Settlements by position alone: acknowledgement, reject, requeue, return.</summary>
    SettleAt,
    RejectAt,
    RequeueAt,
    ReturnAt,
}
