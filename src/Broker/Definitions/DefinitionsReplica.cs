using System.Collections.Immutable;
using Warren.Broker.Definitions.Entries;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Incidents;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>
/// This node's member of the definitions' group: between consensus and the definitions' turn, which owns it. What the
/// group applies goes to the store; what is restored is gathered here until it is whole.
/// </summary>
internal sealed class DefinitionsReplica(DefinitionsStore store, DefinitionsState state) : RaftGroupOwner
{
    /// <summary>
    /// So many entries behind the last compaction are worth the next: the log stays as large as what there is, and a
    /// member that was away for a moment needs no snapshot.
    /// </summary>
    private const int CompactFromEntries = 256;

    /// <summary>A member that is slow does not hold compaction up beyond this.</summary>
    private const int MostEntries = 100_000;

    private readonly TaskCompletionSource<string> _halted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RestoredDefinitions? _restored;
    private ImmutableArray<SessionNumber> _proposed = [];
    private Term _proposedTerm;

    /// <summary>Set once the group is there.</summary>
    public RaftGroup Group
    {
        get;
        set
        {
            field = value;
            state.Live.Ended = value.Ended;
        }
    } = null!;

    /// <summary>How messages go to other members; a group of one has none.</summary>
    public IGroupTransport? Transport { get; init; }

    /// <summary>The node log, while a start reads on its own thread.</summary>
    public NodeLog? StartLog { get; set; }

    /// <summary>What a start has read on its own thread.</summary>
    public Queue<PayloadRead> StartReads { get; } = new();

    /// <summary>Something of the log could not be read, and what is there is taken as all.</summary>
    public bool IsTolerant { get; set; }

    /// <summary>Whether what was found in the group was not enough to make all of it.</summary>
    public bool HasLost { get; private set; }

    /// <summary>An entry could not be understood: this node stays at what was before it.</summary>
    public bool IsHalted { get; private set; }

    /// <summary>Completes when it does, with the reason.</summary>
    public Task<string> WhenHalted => _halted.Task;

    /// <summary>Whether the group has no member but this one.</summary>
    public bool IsOnly => Group.Members.Members.Length == 1 && Group.IsAlone;

    public override void Send(NodeId to, RaftMessage message) => Transport?.Send(to, Group.Id, message);

    public override void Strange(NodeId from)
    {
        string text = $"Node {from} is no member of this cluster as far as this node knows, but sends to it as if it "
            + "led it, or voted there: that is thrown away";
        store.Broker.Log(LogLevel.Error, LogCategory.Default, text);
        store.Broker.Note(new Incident(IncidentKind.StrangeNode, $"{from}", text));
    }

    public override void Read(PayloadRead read)
    {
        if (StartLog is { } log)
        {
            using EntryReader reader = log.OpenReader();
            read.Run(reader);
            StartReads.Enqueue(read);
            return;
        }
        store.ReadBeside(read);
    }

    public override void Apply(in AppliedEntry entry)
    {
        MakeRestored();
        store.ApplyLogged(entry);
    }

    // What is committed the store sees when it has flushed.
    public override void Committed(LogIndex index) => MakeRestored();

    public override void Restore(in RestoredEntry entry)
    {
        _restored ??= new RestoredDefinitions(store.Broker, state);
        _restored.Add(entry, StartLog, Tell);
    }

    public override void Reset()
    {
        state.Clear();
        _restored = new RestoredDefinitions(store.Broker, state);
    }

    public override bool TryNextLive(LogIndex after, out LiveEntry entry) => state.Live.TryNext(after.Value, out entry);

    public override bool IsLive(LogIndex index) => state.Live.IsLive(index.Value);

    public override void Moved(IReadOnlyList<MovedEntry> entries)
    {
        foreach (MovedEntry moved in entries)
            state.Live.Move(moved);
    }

    public override void Barrier(BarrierOutcome outcome) => store.BarrierReached(outcome);

    /// <summary>All that is to be restored has come: it is made, in the place of what was there.</summary>
    public void MakeRestored()
    {
        if (_restored is not { } restored || IsHalted)
            return;
        if (!store.Publisher.IsStarting && !store.IsUnsound && Group.Soundness != Soundness.Sound)
        {
            HaltUnsound();
            return;
        }
        _restored = null;
        store.Replace(restored.Make(IsTolerant, Tell));
    }

    // What there was is given up for what a leader brings. To show nothing meanwhile would delete all queues with their
    // messages: the next start sets them aside until it is known which there are.
    private void HaltUnsound()
    {
        IsHalted = true;
        const string Reason = "what this node has of the definitions cannot be read from its disk any more. Queues of "
            + "this node stay as they are: start it again, and another node brings what is lost";
        Halt(Reason);
    }

    private void Halt(string reason)
    {
        store.Broker.Log(LogLevel.Error, LogCategory.Default, reason);
        store.Broker.Note(new Incident(
            IncidentKind.HaltedMember, "definitions", $"this node serves nobody until it is started again: {reason}",
            "start it again, with the version of Warren that the others have"));
        _halted.TrySetResult(reason);
    }

    /// <summary>Reads an entry that is to be applied; false: it cannot be understood, and nothing is applied any
    /// more.</summary>
    /// <exception cref="UnreadableDefinitionException">The same, at a start.</exception>
    public bool TryRead(in AppliedEntry applied, bool isStarting, out LoggedEntry logged)
    {
        try
        {
            logged = LoggedFormat.Read(applied.Meta.Span, applied.Body.Span);
            return true;
        }
        catch (FormatException error)
        {
            var unreadable = new UnreadableDefinitionException(applied.Index.Value, error.Message, error);
            if (isStarting)
                throw unreadable;
            // Nothing is skipped: this node stays where it is, and says so.
            IsHalted = true;
            Halt(unreadable.Message);
            logged = default;
            return false;
        }
    }

    /// <summary>Puts a proposal into the log of the group that this leads; false: not now.</summary>
    /// <param name="logged">Without numbers of sessions.</param>
    public bool TryPropose(ReadOnlySpan<byte> logged)
    {
        LoggedFormat.TryReadOrigin(logged, out SessionNumber origin);
        ImmutableArray<SessionNumber> numbers = origin.Session == 0
            ? Proposed()
            : DefinitionsState.With(Proposed(), origin.Session, origin.Number);
        return TryAppend(LoggedFormat.WithNumbers(logged, numbers), numbers);
    }

    /// <summary>The same, of this node's own.</summary>
    public bool TryPropose(in LoggedEntry logged)
    {
        ImmutableArray<SessionNumber> numbers = logged.Session == 0
            ? Proposed()
            : DefinitionsState.With(Proposed(), logged.Session, logged.Number);
        return TryAppend(LoggedFormat.Write(logged with { Numbers = numbers }), numbers);
    }

    /// <summary>The highest number of each session that is in the log of the group that this leads.</summary>
    public ImmutableArray<SessionNumber> Proposed()
    {
        // What a leader has applied when it may decide is all that was there before its term.
        if (_proposedTerm != Group.Term)
        {
            _proposedTerm = Group.Term;
            _proposed = state.Numbers;
        }
        return _proposed;
    }

    /// <summary>Sessions have begun or ended: of those that are over nothing is taken any more.</summary>
    public void SessionsChanged(NodesSnapshot nodes) =>
        _proposed = _proposed.RemoveAll(one => !nodes.IsOpen(one.Session));

    /// <summary>Keeps the group as large as what there is, now and then.</summary>
    public void CompactNowAndThen()
    {
        long before = Group.CompactedIndex.Value;
        if (Group.Applied.Value - before < CompactFromEntries)
            return;
        LogIndex index = Group.CompactionLimit;
        if (Group.Applied.Value - before > MostEntries)
            index = Group.CompactionMost;
        if (index > Group.CompactionMost)
            index = Group.CompactionMost;
        if (index.Value - before < CompactFromEntries / 2)
            return;
        (LogIndex[] live, IndexRange[] released) = state.Live.TakeCompacted(before, index.Value);
        Group.Compact(index, live, released);
    }

    private bool TryAppend(byte[] bytes, ImmutableArray<SessionNumber> numbers)
    {
        int metaBytes = bytes.Length <= ushort.MaxValue ? bytes.Length : LoggedFormat.MetaBytes(bytes);
        var payload = new EntryPayload(bytes.AsMemory(0, metaBytes), bytes.AsMemory(metaBytes));
        if (!Group.TryPropose([payload], out _))
            return false;
        _proposed = numbers;
        return true;
    }

    private void Tell(string message)
    {
        HasLost = true;
        store.Broker.Log(LogLevel.Error, LogCategory.Default, message);
        store.Broker.Note(new Incident(IncidentKind.LostDefinitions, "definitions", message.TrimEnd('.')));
    }
}
