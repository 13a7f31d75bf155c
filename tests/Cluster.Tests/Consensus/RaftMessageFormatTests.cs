using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;
using Xunit;

namespace Warren.Cluster.Tests.Consensus;

/// <summary>Messages as bytes, and bytes that are none.</summary>
public sealed class RaftMessageFormatTests
{
    private static readonly Membership Members = new(
        [new Member(ScriptedCluster.Id(1), IsVoter: true), new Member(ScriptedCluster.Id(2), IsVoter: false)]);

    public static TheoryData<string> Kinds => new(Messages().Select(message => message.GetType().Name).Distinct());

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_comes_back_as_it_was(string kind)
    {
        foreach (RaftMessage message in Messages().Where(message => message.GetType().Name == kind))
        {
            byte[] bytes = Bytes(message);
            RaftMessage? read = RaftMessageFormat.Read(bytes);
            Assert.NotNull(read);
            Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(Bytes(read)));
            Assert.Equal(TraceText.Of(message), TraceText.Of(read));
        }
    }

    [Fact]
    public void The_layout_is_that_of_the_document()
    {
        Assert.Equal(
            "0101" + "0500000000000000" + "0700000000000000" + "0300000000000000" + "02",
            Convert.ToHexString(Bytes(new VoteRequest(new Term(5))
            {
                LastIndex = new LogIndex(7),
                LastTerm = new Term(3),
                IsTransfer = true,
            })));
        Assert.Equal(
            "0103" + "0500000000000000" + "0200000000000000" + "0300000000000000" + "0100000000000000" + "01000000"
            + "0400000000000000" + "0100" + "02000000" + "11" + "6162",
            Convert.ToHexString(Bytes(Append(Entry(3, 4, [0x11], [0x61, 0x62])))));
    }

    /// <summary>None of them may throw, and a message that is cut is none.</summary>
    [Fact]
    public void What_is_cut_or_has_more_is_no_message()
    {
        foreach (byte[] bytes in Messages().Select(Bytes))
        {
            for (int length = 0; length < bytes.Length; length++)
                Assert.Null(RaftMessageFormat.Read(bytes.AsMemory(0, length)));
            Assert.Null(RaftMessageFormat.Read(bytes.Append((byte)0).ToArray()));
        }
    }

    [Fact]
    public void Bytes_that_are_changed_are_read_or_refused_and_nothing_else()
    {
        var random = new Random(1);
        foreach (byte[] bytes in Messages().Select(Bytes))
        {
            for (int round = 0; round < 3000; round++)
            {
                byte[] changed = [.. bytes];
                for (int change = random.Next(1, 4); change > 0; change--)
                {
                    // All ones and zeros are more often wrong than others.
                    int value = random.Next(3) == 0 ? random.Next(2) * 255 : random.Next(256);
                    changed[random.Next(changed.Length)] = (byte)value;
                }
                if (RaftMessageFormat.Read(changed) is { } read)
                    Assert.Equal(changed, Bytes(read));
            }
        }
    }

    /// <summary>Four thousand million entries in thirty bytes.</summary>
    [Fact]
    public void A_length_that_lies_allocates_nothing()
    {
        byte[] bytes = Bytes(Append());
        bytes.AsSpan(bytes.Length - 4).Fill(0xFF);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 100; round++)
            Assert.Null(RaftMessageFormat.Read(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * 200);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(2)]
    public void Terms_of_entries_rise_up_to_the_messages(long term) =>
        Assert.Null(RaftMessageFormat.Read(Bytes(Append(Entry(3, term, [1], [])))));

    [Theory]
    [InlineData("00")]
    [InlineData("000100FF")]
    [InlineData("000101")]
    [InlineData("00010101")]
    [InlineData("000201")]
    public void An_entry_that_pretends_to_be_ours_is_refused(string meta) =>
        Assert.Null(RaftMessageFormat.Read(Bytes(Append(Entry(3, 4, Convert.FromHexString(meta), [])))));

    [Fact]
    public void Heartbeats_come_back_as_they_were()
    {
        byte[] bytes = new byte[HeartbeatFormat.HeartbeatBytes];
        var heartbeat = new Heartbeat(new Term(3), new LogIndex(long.MaxValue), 9);
        HeartbeatFormat.Write(heartbeat, bytes);
        Assert.True(HeartbeatFormat.TryRead(bytes, out Heartbeat read));
        Assert.Equal(heartbeat, read);
        bytes[7] = 0x80;
        Assert.False(HeartbeatFormat.TryRead(bytes, out Heartbeat _));

        bytes = new byte[HeartbeatFormat.AnswerBytes];
        var answer = new HeartbeatAnswer(new Term(3), 9, Soundness.CatchingUp);
        HeartbeatFormat.Write(answer, bytes);
        Assert.True(HeartbeatFormat.TryRead(bytes, out HeartbeatAnswer readAnswer));
        Assert.Equal(answer, readAnswer);
        bytes[16] = 3;
        Assert.False(HeartbeatFormat.TryRead(bytes, out HeartbeatAnswer _));
        Assert.False(HeartbeatFormat.TryRead(bytes.AsSpan(1), out HeartbeatAnswer _));
    }

    private static IEnumerable<RaftMessage> Messages()
    {
        var term = new Term(5);
        yield return new VoteRequest(term) { LastIndex = new(7), LastTerm = new(3), IsPreVote = true };
        yield return new VoteRequest(term) { LastIndex = new(7), LastTerm = new(3), IsTransfer = true };
        yield return new VoteAnswer(term) { IsPreVote = true, IsGranted = false };
        yield return new VoteAnswer(term) { IsPreVote = false, IsGranted = true };
        yield return Append();
        yield return Append(
            Entry(3, 3, MembershipFormat.Meta(Members), []), Entry(4, 5, [0, 1, 0], []), Entry(5, 5, [1], [2, 3]));
        yield return new AppendAnswer(term)
        {
            Index = new(9),
            IsRejected = true,
            HintIndex = new(4),
            HintTerm = new(2),
            Soundness = Soundness.NeedsSnapshot,
            Losses = 3,
        };
        yield return Chunk(null);
        yield return Chunk(new SnapshotEnd { Index = new(8), Term = new(4), Commit = new(9), Members = Members });
        yield return new SnapshotAnswer(term)
        {
            Attempt = 2,
            Outcome = SnapshotOutcome.Installed,
            Offset = 77,
            Index = new(8),
            Soundness = Soundness.CatchingUp,
            Losses = 1,
        };
        yield return new TimeoutNow(term);
        yield return new BarrierRequest(term, 12);
        yield return new BarrierAnswer(term, 12, new LogIndex(6));
    }

    private static SnapshotChunk Chunk(SnapshotEnd? end) => new(new Term(5))
    {
        Attempt = 2,
        Losses = 1,
        Offset = 77,
        Bytes = new byte[] { 1, 2, 3 },
        Checksum = 0xFFFFFFFE,
        End = end,
    };

    private static AppendRequest Append(params RaftEntry[] entries) => new(new Term(5))
    {
        PreviousIndex = new(2),
        PreviousTerm = new(3),
        Commit = new(1),
        Entries = [.. entries],
    };

    private static RaftEntry Entry(long index, long term, byte[] meta, byte[] body) => new()
    {
        Index = new(index),
        Term = new(term),
        Kind = MembershipFormat.TryKind(meta, out EntryKind kind) ? kind : EntryKind.Payload,
        Meta = meta,
        Body = body,
        PayloadBytes = meta.Length + body.Length,
    };

    private static byte[] Bytes(RaftMessage message)
    {
        byte[] bytes = new byte[RaftMessageFormat.SizeBytes(message)];
        RaftMessageFormat.Write(message, bytes);
        return bytes;
    }
}
