using Warren.Broker.Durability;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Incidents;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>Between consensus and a member of a replicated queue, in the queue's turn.</summary>
internal sealed class ReplicaOwner(
    ReplicatedQueue queue, QueueReplica replica, IGroupTransport transport, CatchUps catchUps)
    : RaftGroupOwner
{
    private const string StartAgain =
        "The other members go on without it: start this node again, with the version of Warren that they have";

    private bool _hasUnreadable;
    // Told of, once.
    private UnreadableEntry? _notBrought;

    /// <summary>An entry could not be understood: this member stays at what was before it.</summary>
    public bool IsHalted { get; private set; }

    /// <summary>The log was told that this member has lost something.</summary>
    public bool IsFreshCopyAwaited { get; set; }

    public override bool HasUnreadable => _hasUnreadable;

    /// <summary>Set while a start takes in what it has found: where it reads.</summary>
    public NodeLog? StartLog { private get; set; }

    public override void Send(NodeId to, RaftMessage message) => transport.Send(to, queue.Group, message);

    public override void Read(PayloadRead read) => queue.ReadBeside(read);

    public override void Apply(in AppliedEntry entry) =>
        Apply(replica, entry.Index, entry.Position, entry.Meta.Span, entry.Body.Length, entry.Body.Span);

    public override void Restore(in RestoredEntry entry) => Restore(in entry, replica);

    /// <summary>A live entry of the replica that is there, or of one that will be.</summary>
    public void Restore(in RestoredEntry entry, QueueReplica into)
    {
        // Bodies of messages are left where they are; a state's is short.
        ReadOnlySpan<byte> body = entry.Body is { } there ? there.Span : default;
        if (entry is { Body: null, BodyBytes: > 0, Meta: [EntryKinds.State, ..] }
            && !TryReadNow(entry.Index, entry.Position, entry.Meta.Length + entry.BodyBytes, out body))
        {
            // The others have it: that they bring it all costs less than a member.
            _hasUnreadable = true;
            queue.Report(LogLevel.Error, $"entry {entry.Index} cannot be read");
            return;
        }
        Apply(into, entry.Index, entry.Position, entry.Meta, entry.BodyBytes, body);
    }

    public override StagedMachine Stage() => new StagedReplica(this, replica);

    public override bool TryBeginSnapshot(NodeId to) => catchUps.TryBeginSnapshot(to, queue);

    public override void EndSnapshot(NodeId to) => catchUps.EndSnapshot(to);

    // What is committed the queue sees when it has flushed.
    public override void Committed(LogIndex index)
    {
    }

    public override void Reset() => replica.Clear();

    public override bool TakesCareOf(UnreadableEntry unreadable)
    {
        if (queue.NoteUnreadable(unreadable) || queue.ServesOnDamaged)
            return true;
        if (queue.Consensus is not { IsAlone: true })
            return false;
        // Nobody could bring it anything: it goes on with what it has.
        if (_notBrought != unreadable)
        {
            ReplicaReports.Note(
                queue, IncidentKind.DamagedMember,
                $"{unreadable}, and no other member has it: as long as it is in the queue, which goes on, nobody else "
                + "becomes a member of it",
                "'warren storage check' tells what is damaged on this node");
        }
        _notBrought = unreadable;
        return true;
    }

    public override void Unsound(string problem)
    {
        IsFreshCopyAwaited = true;
        string text = $"{problem}: this member does not count any more, and gets a fresh copy from the leader";
        queue.Report(LogLevel.Warning, text);
        ReplicaReports.Keep(queue, IncidentKind.DamagedMember, text, "Look after the disk of this node");
    }

    public override void Sound()
    {
        if (IsFreshCopyAwaited)
            queue.Report(LogLevel.Info, "this member has a fresh copy from the leader, all of it, and counts again");
        IsFreshCopyAwaited = false;
    }

    public override bool TryNextLive(LogIndex after, out LiveEntry entry) =>
        replica.TryNextLive(after.Value, out entry);

    public override bool IsLive(LogIndex index) => replica.IsLive(index.Value);

    public override void Moved(IReadOnlyList<MovedEntry> entries)
    {
        foreach (MovedEntry moved in entries)
            replica.Move(in moved);
    }

    public override void Barrier(BarrierOutcome outcome) => queue.BarrierReached(outcome);

    public override void Strange(NodeId from) => ReplicaReports.Note(
        queue, IncidentKind.StrangeNode,
        $"node {from} is no member as far as this node knows, but sends as if it were: that is thrown away");

    private bool TryReadNow(LogIndex index, Position position, int payloadBytes, out ReadOnlySpan<byte> body)
    {
        using EntryReader reader = StartLog!.OpenReader();
        bool isWhole = reader.Read(
            queue.Group, index, position, EntryReader.EntryOverheadBytes + payloadBytes, out _,
            out ReadOnlySpan<byte> bytes) == ReadOutcome.Whole;
        body = bytes.ToArray();
        return isWhole;
    }

    private void Apply(
        QueueReplica into, LogIndex index, Position record, ReadOnlySpan<byte> meta, int bodyBytes,
        ReadOnlySpan<byte> body)
    {
        if (IsHalted)
            return;
        try
        {
            into.Apply(index.Value, record, meta, bodyBytes, body);
        }
        catch (Exception error) when (error is DurableFormatException or OverflowException)
        {
            // Nothing is skipped: what follows may rest on it.
            IsHalted = true;
            ReplicaReports.Note(
                queue, IncidentKind.HaltedMember,
                $"entry {index} cannot be understood, and this member goes no further: {error.Message.TrimEnd('.')}",
                StartAgain);
        }
    }
}
