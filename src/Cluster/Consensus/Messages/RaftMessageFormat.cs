using System.Runtime.InteropServices;
using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>
/// Messages as bytes (docs/formats/raft.md). What comes from a peer is checked for everything that
/// <see cref="RaftNode"/> takes for granted; a message that does not pass is none.
/// </summary>
public static class RaftMessageFormat
{
    /// <summary>Raised when a member of another version could not read what is written.</summary>
    public const byte Version = 1;

    private const int EntryHeadBytes = 8 + 2 + 4;

    private const byte IsPreVote = 1;
    private const byte IsTransfer = 2;
    private const byte IsGranted = 2;

    public static int SizeBytes(RaftMessage message)
    {
        var counter = new WireWriter([], isCounting: true);
        Write(message, ref counter);
        return counter.Count;
    }

    /// <summary>Writes into as many bytes as <see cref="SizeBytes"/> says; the payloads have been read.</summary>
    public static void Write(RaftMessage message, Span<byte> bytes)
    {
        var writer = new WireWriter(bytes, isCounting: false);
        Write(message, ref writer);
        Invariant.Holds(writer.Count == bytes.Length, "a message has another size than it was said to have");
    }

    /// <summary>
    /// Null if it is another version's, or no message. Payloads and chunks lie in the bytes, which must not change.
    /// </summary>
    public static RaftMessage? Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes);
        if (reader.Byte() != Version)
            return null;
        var kind = (MessageKind)reader.Byte();
        Term term = reader.Term();
        RaftMessage? message = kind switch
        {
            MessageKind.VoteRequest => ReadVoteRequest(term, ref reader),
            MessageKind.VoteAnswer => ReadVoteAnswer(term, ref reader),
            MessageKind.AppendRequest => ReadAppendRequest(term, ref reader),
            MessageKind.AppendAnswer => ReadAppendAnswer(term, ref reader),
            MessageKind.SnapshotChunk => ReadChunk(term, ref reader),
            MessageKind.SnapshotAnswer => ReadSnapshotAnswer(term, ref reader),
            MessageKind.TimeoutNow => new TimeoutNow(term),
            MessageKind.BarrierRequest => new BarrierRequest(term, reader.Long()),
            MessageKind.BarrierAnswer => new BarrierAnswer(term, reader.Long(), reader.Index()),
            _ => null,
        };
        return reader.IsComplete ? message : null;
    }

    private static void Write(RaftMessage message, ref WireWriter writer)
    {
        writer.Byte(Version);
        writer.Byte((byte)KindOf(message));
        writer.Term(message.Term);
        switch (message)
        {
            case VoteRequest request:
                writer.Index(request.LastIndex);
                writer.Term(request.LastTerm);
                writer.Byte((byte)((request.IsPreVote ? IsPreVote : 0) | (request.IsTransfer ? IsTransfer : 0)));
                break;
            case VoteAnswer answer:
                writer.Byte((byte)((answer.IsPreVote ? IsPreVote : 0) | (answer.IsGranted ? IsGranted : 0)));
                break;
            case AppendRequest request:
                WriteAppendRequest(request, ref writer);
                break;
            case AppendAnswer answer:
                writer.Byte(answer.IsRejected ? (byte)1 : (byte)0);
                writer.Byte((byte)answer.Soundness);
                writer.Index(answer.Index);
                writer.Index(answer.HintIndex);
                writer.Term(answer.HintTerm);
                writer.Long(answer.Losses);
                break;
            case SnapshotChunk chunk:
                WriteChunk(chunk, ref writer);
                break;
            case SnapshotAnswer answer:
                writer.Long(answer.Attempt);
                writer.Byte((byte)answer.Outcome);
                writer.Byte((byte)answer.Soundness);
                writer.Long(answer.Offset);
                writer.Index(answer.Index);
                writer.Long(answer.Losses);
                break;
            case BarrierRequest request:
                writer.Long(request.Number);
                break;
            case BarrierAnswer answer:
                writer.Long(answer.Number);
                writer.Index(answer.Index);
                break;
        }
    }

    private static MessageKind KindOf(RaftMessage message) => message switch
    {
        VoteRequest => MessageKind.VoteRequest,
        VoteAnswer => MessageKind.VoteAnswer,
        AppendRequest => MessageKind.AppendRequest,
        AppendAnswer => MessageKind.AppendAnswer,
        SnapshotChunk => MessageKind.SnapshotChunk,
        SnapshotAnswer => MessageKind.SnapshotAnswer,
        TimeoutNow => MessageKind.TimeoutNow,
        BarrierRequest => MessageKind.BarrierRequest,
        BarrierAnswer => MessageKind.BarrierAnswer,
        _ => throw new InvalidOperationException($"A {message.GetType().Name} has no bytes."),
    };

    private static VoteRequest ReadVoteRequest(Term term, ref WireReader reader)
    {
        LogIndex lastIndex = reader.Index();
        Term lastTerm = reader.Term();
        byte flags = reader.Byte(IsPreVote | IsTransfer);
        return new VoteRequest(term)
        {
            LastIndex = lastIndex,
            LastTerm = lastTerm,
            IsPreVote = (flags & IsPreVote) != 0,
            IsTransfer = (flags & IsTransfer) != 0,
        };
    }

    private static VoteAnswer ReadVoteAnswer(Term term, ref WireReader reader)
    {
        byte flags = reader.Byte(IsPreVote | IsGranted);
        return new VoteAnswer(term) { IsPreVote = (flags & IsPreVote) != 0, IsGranted = (flags & IsGranted) != 0 };
    }

    private static void WriteAppendRequest(AppendRequest request, ref WireWriter writer)
    {
        writer.Index(request.PreviousIndex);
        writer.Term(request.PreviousTerm);
        writer.Index(request.Commit);
        writer.Int((uint)request.Entries.Length);
        foreach (ref readonly RaftEntry entry in request.Entries.AsSpan())
        {
            Invariant.Holds(entry.IsInMemory, "an entry is sent without its payload");
            writer.Term(entry.Term);
            writer.Short(entry.Meta.Length);
            writer.Int((uint)entry.Body.Length);
            writer.Bytes(entry.Meta.Span);
            writer.Bytes(entry.Body.Span);
        }
    }

    private static AppendRequest ReadAppendRequest(Term term, ref WireReader reader)
    {
        LogIndex previous = reader.Index();
        Term previousTerm = reader.Term();
        LogIndex commit = reader.Index();
        uint count = reader.Int();
        if (count > reader.Left / EntryHeadBytes || previousTerm > term || previous.Value > long.MaxValue - count)
            reader.Fail();
        var entries = new RaftEntry[reader.HasFailed ? 0 : count];
        Term before = previousTerm;
        for (int place = 0; place < entries.Length && !reader.HasFailed; place++)
        {
            entries[place] = ReadEntry(new LogIndex(previous.Value + place + 1), ref reader);
            if (entries[place].Term < before || entries[place].Term > term)
                reader.Fail();
            before = entries[place].Term;
        }
        return new AppendRequest(term)
        {
            PreviousIndex = previous,
            PreviousTerm = previousTerm,
            Commit = commit,
            Entries = ImmutableCollectionsMarshal.AsImmutableArray(entries),
        };
    }

    private static RaftEntry ReadEntry(LogIndex index, ref WireReader reader)
    {
        Term term = reader.Term();
        int metaBytes = reader.Short();
        uint bodyBytes = reader.Int();
        ReadOnlyMemory<byte> meta = reader.Bytes((uint)metaBytes);
        ReadOnlyMemory<byte> body = reader.Bytes(bodyBytes);
        if (!MembershipFormat.TryKind(meta.Span, out EntryKind kind))
            reader.Fail();
        return new RaftEntry
        {
            Index = index,
            Term = term,
            Kind = kind,
            Meta = meta,
            Body = body,
            PayloadBytes = meta.Length + body.Length,
        };
    }

    private static AppendAnswer ReadAppendAnswer(Term term, ref WireReader reader)
    {
        bool isRejected = reader.Byte(1) == 1;
        var soundness = (Soundness)reader.Byte((byte)Soundness.CatchingUp);
        LogIndex index = reader.Index();
        LogIndex hintIndex = reader.Index();
        return new AppendAnswer(term)
        {
            Index = index,
            IsRejected = isRejected,
            HintIndex = hintIndex,
            HintTerm = reader.Term(),
            Soundness = soundness,
            Losses = reader.Long(),
        };
    }

    private static void WriteChunk(SnapshotChunk chunk, ref WireWriter writer)
    {
        writer.Long(chunk.Attempt);
        writer.Long(chunk.Losses);
        writer.Long(chunk.Offset);
        writer.Int(chunk.Checksum);
        writer.Byte(chunk.End is null ? (byte)0 : (byte)1);
        if (chunk.End is { } end)
        {
            writer.Index(end.Index);
            writer.Term(end.Term);
            writer.Index(end.Commit);
            writer.Members(end.Members);
        }
        writer.Int((uint)chunk.Bytes.Length);
        writer.Bytes(chunk.Bytes.Span);
    }

    private static SnapshotChunk ReadChunk(Term term, ref WireReader reader)
    {
        long attempt = reader.Long();
        long losses = reader.Long();
        long offset = reader.Long();
        uint checksum = reader.Int();
        SnapshotEnd? end = reader.Byte(1) == 1 ? ReadEnd(term, ref reader) : null;
        ReadOnlyMemory<byte> bytes = reader.Bytes(reader.Int());
        // Without a byte, and not the last, it would never end; behind the last offset there is none.
        if (attempt == 0 || (bytes.IsEmpty && end is null) || offset > long.MaxValue - bytes.Length)
            reader.Fail();
        return new SnapshotChunk(term)
        {
            Attempt = attempt,
            Losses = losses,
            Offset = offset,
            Bytes = bytes,
            Checksum = checksum,
            End = end,
        };
    }

    private static SnapshotEnd ReadEnd(Term leader, ref WireReader reader)
    {
        LogIndex index = reader.Index();
        Term term = reader.Term();
        LogIndex commit = reader.Index();
        if (commit < index || term > leader)
            reader.Fail();
        return new SnapshotEnd { Index = index, Term = term, Commit = commit, Members = reader.Members() };
    }

    private static SnapshotAnswer ReadSnapshotAnswer(Term term, ref WireReader reader)
    {
        long attempt = reader.Long();
        var outcome = (SnapshotOutcome)reader.Byte((byte)SnapshotOutcome.Installed);
        var soundness = (Soundness)reader.Byte((byte)Soundness.CatchingUp);
        long offset = reader.Long();
        return new SnapshotAnswer(term)
        {
            Attempt = attempt,
            Outcome = outcome,
            Offset = offset,
            Index = reader.Index(),
            Soundness = soundness,
            Losses = reader.Long(),
        };
    }
}
