using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Tests.Consensus;
using Warren.Storage;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>A member that a leader brings a snapshot, chunk by chunk, and whose disk takes its time.</summary>
public sealed class IncomingSnapshotTests : IGroupOwner, IStorageWatcher
{
    private const int ChunkBytes = 1024 * 1024 - 64;

    /// <summary>The member has compacted up to here, and nothing of it is live.</summary>
    private const int Compacted = 10;

    private static readonly NodeId Self = ScriptedCluster.Id(1);
    private static readonly NodeId Leader = ScriptedCluster.Id(2);
    private static readonly GroupId Group = new(1);

    private readonly List<SnapshotAnswer> _answers = [];
    private readonly NodeLog _log;
    private readonly RaftGroup _group;
    private readonly KeyMachine _machine;
    private long _offset;
    private Lsn _durable;

    public IncomingSnapshotTests()
    {
        var members = new Membership([new Member(Self, IsVoter: true), new Member(Leader, IsVoter: true)]);
        _machine = new KeyMachine
        {
            Truth = new KeyTruth(),
            Sends = (_, message) =>
            {
                if (message is SnapshotAnswer answer)
                    _answers.Add(answer);
            },
        };
        _log = StorageDirectory.Open(
            new MemoryDisk(), new NodeLogOptions { ReserveBytes = 0 }, this, static (_, _) => { }, static () => { });
        _group = new RaftGroup(
            RaftGroupStart.Found(Self, members, new LogIndex(Compacted)), new RaftOptions(), new Random(1),
            _log.OpenGroup(Group, this), _machine);
        Commit();
    }

    [Fact]
    public void No_more_is_asked_for_while_two_mebibytes_are_not_durable()
    {
        Chunk([Entry(11)]);
        Chunk([Entry(12)]);
        Assert.Equal(2, _answers.Count);
        Chunk([Entry(13)]);
        Assert.Equal(2, _answers.Count);
        Commit();
        Assert.Equal((3, _offset), (_answers.Count, _answers[^1].Offset));
        Chunk([Entry(14)]);
        Assert.Equal(4, _answers.Count);
    }

    [Fact]
    public void The_machine_that_is_there_stays_until_all_is()
    {
        Chunk([Entry(11)]);
        Chunk([Entry(12)]);
        Commit();
        Assert.True(_group.View.IsBroughtAll);
        Assert.Equal(Compacted, _group.Applied.Value);
        Assert.Empty(_machine.Live);
        Chunk([Entry(13)], [11], last: 20);
        Commit();
        Assert.False(_group.View.IsBroughtAll);
        Assert.Equal(20, _group.Applied.Value);
        Assert.Equal([12, 13], _machine.Live.Select(live => live.Entry.Index.Value));
        Assert.Equal(SnapshotOutcome.Installed, _answers[^1].Outcome);
    }

    [Fact]
    public void What_it_let_go_and_the_leader_then_too_does_no_harm()
    {
        Chunk([Entry(5), Entry(11)]);
        Chunk([Entry(12)], [5], last: 20);
        Commit();
        Assert.Equal(Soundness.Sound, _group.Soundness);
        Assert.Equal([11, 12], _machine.Live.Select(live => live.Entry.Index.Value));
    }

    [Fact]
    public void What_it_let_go_and_is_live_at_the_leader_makes_it_unsound()
    {
        Chunk([Entry(5), Entry(11)]);
        Assert.Equal(Soundness.Sound, _group.Soundness);
        Chunk([Entry(12)], [], last: 20);
        Commit();
        Assert.Equal(Soundness.NeedsSnapshot, _group.Soundness);
        Assert.DoesNotContain(_answers, answer => answer.Outcome == SnapshotOutcome.Installed);
    }

    /// <summary>In the turn in which the log grows, or a turn later.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_entry_that_comes_by_the_log_ends_it(bool isSameTurn)
    {
        Chunk([Entry(15)], flushes: !isSameTurn);
        _group.Step(Leader, new AppendRequest(new Term(1))
        {
            PreviousIndex = new LogIndex(Compacted),
            PreviousTerm = default,
            Commit = new LogIndex(Compacted),
            Entries = [Entry(11)],
        });
        _group.Flush();
        Commit();
        Assert.False(_group.View.IsBroughtAll);
        Assert.Equal(11, _group.DurableIndex.Value);
        Chunk([Entry(16)]);
        Assert.Equal(SnapshotOutcome.Restart, _answers[^1].Outcome);
    }

    void IGroupOwner.Durable(Lsn lsn) => _durable = lsn;

    void IGroupOwner.Moved(MovedEntries moves) => moves.Complete();

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
    }

    void IStorageWatcher.Failed(StorageFailedException error) => throw error;

    void IStorageWatcher.Damaged(string message) => throw new InvalidOperationException(message);

    // An entry that sets a key of its own, and is as long as a chunk.
    private static RaftEntry Entry(byte index)
    {
        byte[] body = new byte[ChunkBytes];
        return new RaftEntry
        {
            Index = new LogIndex(index),
            Term = new Term(1),
            Kind = EntryKind.Payload,
            Meta = new byte[] { KeyMachine.Set, index },
            Body = body,
            PayloadBytes = body.Length + 2,
        };
    }

    private void Commit()
    {
        _group.Flush();
        _log.CommitRound();
        _group.Durable(_durable);
        _group.Flush();
    }

    private void Chunk(RaftEntry[] entries, long[]? gone = null, long last = 0, bool flushes = true)
    {
        byte[] buffer = [];
        ReadOnlyMemory<byte> bytes = SnapshotContent.Write(
            _offset == 0, entries, [.. (gone ?? []).Select(index => new LogIndex(index))], ref buffer);
        _group.Step(Leader, new SnapshotChunk(new Term(1))
        {
            Attempt = 1,
            Losses = 0,
            Offset = _offset,
            Bytes = bytes,
            Checksum = ChunkChecksum.Of(_offset, bytes.Span),
            End = last == 0 ? null : new SnapshotEnd
            {
                Index = new LogIndex(last),
                Term = new Term(1),
                Members = _group.Members,
                Commit = new LogIndex(last),
            },
        });
        _offset += bytes.Length;
        if (flushes)
            _group.Flush();
    }
}
