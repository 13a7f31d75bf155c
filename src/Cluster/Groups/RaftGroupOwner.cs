using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// What a <see cref="RaftGroup"/> asks of whoever owns it: the replicated machine, and the way out to peers and disk.
/// All of it is called in the owner's turn, from within a call to the group.
/// <para>Entries change the machine by <see cref="Apply"/> or <see cref="Restore"/>, which must come to the same: the
/// live entries up to an index, in order, make the machine that all entries up to there would have made. An entry that
/// undoes another finds nothing to undo when that one is gone already.</para>
/// </summary>
public abstract class RaftGroupOwner
{
    /// <summary>The message goes to a member of the group; it may be lost, doubled or late.</summary>
    public abstract void Send(NodeId to, RaftMessage message);

    /// <summary>
    /// Have it run (<see cref="PayloadRead.Run"/>) beside the turns, then give it back in the owner's turn
    /// (<see cref="RaftGroup.Complete"/>). One at a time.
    /// </summary>
    public abstract void Read(PayloadRead read);

    /// <summary>
    /// The next entry, once each, by rising index; those of consensus itself are left out. When it is committed; in a
    /// group of one as soon as it is appended. Whoever proposed one knows by index and term that it is his.
    /// </summary>
    public abstract void Apply(in AppliedEntry entry);

    /// <summary>
    /// Everything applied up to here is committed: it stays whatever fails, and who waits for that may be told.
    /// </summary>
    public abstract void Committed(LogIndex index);

    /// <summary>A live entry that a start, or a leader's snapshot, brings; by rising index.</summary>
    public abstract void Restore(in RestoredEntry entry);

    /// <summary>
    /// A live entry that a start has brought cannot be read: something of the group is lost here, and nothing of it
    /// counts.
    /// </summary>
    public virtual bool HasUnreadable => false;

    /// <summary>Forget everything: it is lost here, or <see cref="Restore"/> brings it anew.</summary>
    public abstract void Reset();

    /// <summary>
    /// The machine that a leader's snapshot makes beside this one, empty. Without a word of the owner's its entries are
    /// gathered with all that they hold, then replace what there is (<see cref="Reset"/>, <see cref="Restore"/>).
    /// </summary>
    public virtual StagedMachine Stage() => new StagedEntries(this);

    /// <summary>
    /// One more snapshot may be on its way from this node to another; false: not now, and the group is called when one
    /// may be, or asks again with a tick.
    /// </summary>
    public virtual bool TryBeginSnapshot(NodeId to) => true;

    /// <summary>One that had begun has ended.</summary>
    public virtual void EndSnapshot(NodeId to)
    {
    }

    /// <summary>The first live entry behind an index; false if there is none.</summary>
    public abstract bool TryNextLive(LogIndex after, out LiveEntry entry);

    /// <summary>Whether an entry is live. The owner tells of each that ends (<see cref="RaftGroup.Ended"/>).</summary>
    public abstract bool IsLive(LogIndex index);

    /// <summary>Entries lie elsewhere now: whoever holds an old position replaces it.</summary>
    public abstract void Moved(IReadOnlyList<MovedEntry> entries);

    /// <summary>A read barrier of <see cref="RaftGroup.RequestBarrier"/> has been reached, or has failed.</summary>
    public abstract void Barrier(BarrierOutcome outcome);

    /// <summary>
    /// A leader cannot read what another member is to get. True: the owner gives the leadership up first, and has the
    /// member unsound behind that (<see cref="RaftGroup.BecomeUnsound"/>), or goes on, since nobody else has the group;
    /// else it is unsound at once.
    /// </summary>
    public virtual bool TakesCareOf(UnreadableEntry unreadable) => false;

    /// <summary>This member is unsound from now on: <see cref="Reset"/> follows, and a leader brings it all.</summary>
    /// <param name="problem">What it lacks.</param>
    public virtual void Unsound(string problem)
    {
    }

    /// <summary>A leader has brought an unsound member all, and it counts again.</summary>
    public virtual void Sound()
    {
    }

    /// <summary>
    /// A node that is no member, as far as this one knows, sends what cannot be true, and it is thrown away; told once
    /// of each.
    /// </summary>
    public virtual void Strange(NodeId from)
    {
    }
}
