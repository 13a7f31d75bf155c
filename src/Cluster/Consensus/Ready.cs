using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// What a <see cref="RaftNode"/> wants done. The owner, in this order: drops what is staged, if <see
/// cref="DropsStaged"/>; stages <see cref="Chunks"/> if they are to be installed, and does <see cref="Install"/> that;
/// appends to the node log truncation, entries, hard state and mark; stages other <see cref="Chunks"/>; sends <see
/// cref="Messages"/>; applies <see cref="Committed"/>; answers <see cref="Barriers"/>. Nothing of it waits: when all
/// that this and earlier ones wrote is durable, it sends <see cref="DurableMessages"/> and calls <see
/// cref="RaftNode.Persisted"/>. Many may be in flight. The lists are the owner's until it takes the next with the same
/// object.
/// </summary>
public sealed class Ready
{
    // Groups are many and most of them at rest, threads that carry out what one of them wants are few.
    [ThreadStatic]
    private static Ready? _spare;

    /// <summary>Rising; for <see cref="RaftNode.Persisted"/>.</summary>
    public long Number { get; internal set; }

    /// <summary>To be written, behind the entries. Null: unchanged.</summary>
    public HardState? State { get; internal set; }

    /// <summary>Entries from here on are taken back before the others are appended. 0: none.</summary>
    public LogIndex TruncateFrom { get; internal set; }

    /// <summary>The term of the entry before <see cref="TruncateFrom"/>.</summary>
    public Term TruncateTerm { get; internal set; }

    /// <summary>To be appended.</summary>
    public List<RaftEntry> Entries { get; } = [];

    /// <summary>The staged snapshot becomes the live set. Null: none.</summary>
    public SnapshotInstall? Install { get; internal set; }

    /// <summary>The node counts again, once this is durable.</summary>
    public bool BecameSound { get; internal set; }

    /// <summary>May go at once.</summary>
    public List<Outgoing> Messages { get; } = [];

    /// <summary>May go when what this and all earlier ones wrote is durable.</summary>
    public List<Outgoing> DurableMessages { get; } = [];

    /// <summary>
    /// To be applied, in order; <see cref="RaftNode.Entry"/> has them. Null: nothing. They are committed, but not
    /// necessarily durable here.
    /// </summary>
    public IndexRange? Committed { get; internal set; }

    /// <summary>What is staged goes, before anything else is written: it will never be whole.</summary>
    public bool DropsStaged { get; internal set; }

    /// <summary>
    /// Chunks of a snapshot that is coming in; the first of an attempt has offset 0 and ends any other.
    /// </summary>
    public List<StagedChunk> Chunks { get; } = [];

    /// <summary>Chunks that are to go out (<see cref="RaftNode.SendChunk"/>).</summary>
    public List<SnapshotDemand> Demands { get; } = [];

    /// <summary>Read barriers that have been reached or have failed.</summary>
    public List<BarrierOutcome> Barriers { get; } = [];

    /// <summary>There is something to make durable.</summary>
    public bool Writes => State is not null || TruncateFrom.Value != 0 || Entries.Count > 0 || Install is not null
        || BecameSound;

    internal bool IsEmpty => !Writes && Messages.Count == 0 && DurableMessages.Count == 0 && Committed is null
        && Chunks.Count == 0 && !DropsStaged && Demands.Count == 0 && Barriers.Count == 0;

    /// <summary>One for this thread, until it is given back.</summary>
    internal static Ready Borrow()
    {
        Ready ready = _spare ?? new Ready();
        _spare = null;
        return ready;
    }

    /// <summary>Its owner is done with it, and with what it holds.</summary>
    internal void GiveBack()
    {
        Clear();
        _spare = this;
    }

    internal void Clear()
    {
        Number = 0;
        State = null;
        TruncateFrom = default;
        TruncateTerm = default;
        Entries.Clear();
        Install = null;
        DropsStaged = false;
        BecameSound = false;
        Messages.Clear();
        DurableMessages.Clear();
        Committed = null;
        Chunks.Clear();
        Demands.Clear();
        Barriers.Clear();
    }
}
