using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Definitions;
using Warren.Cluster.Consensus;
using Warren.Storage;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>What leaders say of members, as it is on the wire.</summary>
public sealed class MembersFormatTests
{
    private static readonly ReplicaStanding Standing = new(
        new Term(7), new LogIndex(900), new Term(6),
        [new Member(Samples.Node(1), IsVoter: true), new Member(Samples.Node(2), IsVoter: false)]);

    [Fact]
    public void The_documented_bytes_are_those_written()
    {
        byte[] body = new byte[100];
        Assert.True(MembersFormat.TryWrite(body, 1234, Standing, out int written));
        byte[] expected = Convert.FromHexString(
            "D204000000000000" + "0700000000000000" + "8403000000000000" + "0600000000000000" + "02"
            + "01000000000000000000000000000000" + "01" + "02000000000000000000000000000000" + "00");
        Assert.Equal(expected, body[..written]);
    }

    [Fact]
    public void Several_come_back_as_they_were()
    {
        byte[] body = new byte[100 + 67];
        Assert.True(MembersFormat.TryWrite(body, 1, Standing, out int first));
        Assert.True(MembersFormat.TryWrite(body.AsSpan(first), 2, Standing with { Members = [] }, out int second));
        Assert.Equal([1L, 2L], MembersFormat.Read(body.AsSpan(0, first + second)).Select(one => one.Queue));
        ReplicaStanding read = MembersFormat.Read(body.AsSpan(0, first))[0].Standing;
        Assert.Equal(Standing.Members, read.Members);
        Assert.Equal(Standing, read with { Members = Standing.Members });
    }

    [Fact]
    public void What_has_no_room_is_not_written_and_what_ends_too_early_is_not_read()
    {
        byte[] body = new byte[67];
        Assert.False(MembersFormat.TryWrite(body.AsSpan(1), 1, Standing, out _));
        Assert.True(MembersFormat.TryWrite(body, 1, Standing, out int written));
        Assert.Equal(body.Length, written);
        for (int length = 1; length < body.Length; length++)
            Assert.Throws<FormatException>(() => MembersFormat.Read(body.AsSpan(0, length)));
    }
}
