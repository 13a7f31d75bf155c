using Warren.Cluster.Consensus;
using Warren.Storage;
using Xunit;

namespace Warren.Cluster.Tests.Consensus;

/// <summary>What a member remembers, as bytes.</summary>
public sealed class HardStateFormatTests
{
    private static readonly HardState State = new()
    {
        Term = new Term(9),
        Vote = ScriptedCluster.Id(3),
        Commit = new LogIndex(7),
        CompactedIndex = new LogIndex(5),
        CompactedTerm = new Term(4),
        Losses = 2,
        Members = new Membership(
            [new Member(ScriptedCluster.Id(3), IsVoter: true), new Member(ScriptedCluster.Id(1), IsVoter: false)]),
    };

    [Fact]
    public void A_state_comes_back_as_it_was()
    {
        Assert.True(HardStateFormat.TryRead(HardStateFormat.Write(State), out HardState? read));
        Assert.Equal(State, read);
        Assert.True(HardStateFormat.TryRead(HardStateFormat.Write(new HardState()), out read));
        Assert.Equal(new HardState(), read);
    }

    [Fact]
    public void The_layout_is_that_of_the_document()
    {
        byte[] bytes = HardStateFormat.Write(State);
        Assert.Equal(57 + 1 + 2 * 17, bytes.Length);
        Assert.Equal((1, 9), (bytes[0], bytes[1]));
        Assert.Equal((7, 5, 4, 2, 2), (bytes[25], bytes[33], bytes[41], bytes[49], bytes[57]));
        Assert.Equal(ScriptedCluster.Id(3), NodeId.Read(bytes.AsSpan(9)));
        // The learner first: by rising identity.
        Assert.Equal((0, 1), (bytes[58], bytes[58 + 17]));
        Assert.Equal(ScriptedCluster.Id(1), NodeId.Read(bytes.AsSpan(59)));
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(8, 0x80)]
    [InlineData(25, 4)]
    [InlineData(41, 10)]
    [InlineData(56, 0x80)]
    [InlineData(57, 1)]
    [InlineData(57, 3)]
    [InlineData(58, 2)]
    [InlineData(62, 9)]
    public void What_is_no_state_is_refused(int offset, byte value)
    {
        byte[] bytes = HardStateFormat.Write(State);
        bytes[offset] = value;
        Assert.False(HardStateFormat.TryRead(bytes, out _));
    }

    [Fact]
    public void What_is_cut_is_refused()
    {
        byte[] bytes = HardStateFormat.Write(State);
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(HardStateFormat.TryRead(bytes.AsSpan(0, length), out _));
    }
}
