using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Tests.Consensus;
using Warren.Storage;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// Frames of groups at rest, and what a node does that sends other ones than it should: it costs little, and nothing of
/// a frame is taken that is none.
/// </summary>
public sealed class RestFrameTests
{
    private const long Epoch = 77;

    private readonly NodeId _leader = ScriptedCluster.Id(1);
    private readonly List<(HeartbeatFrameKind Kind, byte[] Bytes)> _sent = [];

    [Theory]
    [InlineData(RestFrame.MostLetGo, RestFrame.MostOffered, true)]
    [InlineData(RestFrame.MostLetGo + 1, 0, false)]
    [InlineData(0, RestFrame.MostOffered + 1, false)]
    public void A_frame_says_no_more_than_it_may(int letGo, int lines, bool isOne) =>
        Assert.Equal(isOne, RestFrame.TryRead(Frame(1, letGo, lines), out _));

    [Theory]
    [InlineData(RestAnswer.Most, true)]
    [InlineData(RestAnswer.Most + 1, false)]
    public void An_answer_names_no_more_than_it_may(int named, bool isOne)
    {
        byte[] bytes = new byte[RestAnswer.HeadBytes + (named * sizeof(long))];
        RestAnswer.Write(bytes, Epoch, 1, named, isLost: false, new long[named]);
        Assert.Equal(isOne, RestAnswer.TryRead(bytes, out _));
    }

    [Fact]
    public void All_who_left_are_named_before_a_frame_counts_as_taken()
    {
        var rest = new FollowedRest(_leader);
        const int Left = (2 * RestAnswer.Most) + 500;
        Assert.True(rest.TryTake(Epoch, 1, 1));
        rest.Send(Send);
        Assert.True(rest.TryTake(Epoch, 2, 1));
        for (int group = 0; group < Left; group++)
            rest.Left(new GroupId(group));
        rest.Send(Send);
        long[] numbers = [.. _sent.Select(frame => Answer(frame.Bytes, out _, out _))];
        Assert.Equal([1, 1, 1, 2], numbers);
        Answer(_sent[^1].Bytes, out long named, out _);
        Assert.Equal(Left, named);
        Assert.Equal(Left, _sent.Sum(frame => (frame.Bytes.Length - RestAnswer.HeadBytes) / sizeof(long)));
    }

    [Fact]
    public void Nothing_is_taken_of_a_frame_with_a_line_that_is_none()
    {
        GroupHeartbeats heartbeats = Opened();
        byte[] frame = Frame(2, 0, 2);
        byte[] broken = [.. frame];
        // The second one's term.
        broken[RestFrame.HeadBytes + HeartbeatLines.LineBytes + 15] = 0x80;
        Assert.False(heartbeats.Receive(_leader, HeartbeatFrameKind.Rest, broken));
        Assert.True(heartbeats.Receive(_leader, HeartbeatFrameKind.Rest, frame));
        heartbeats.Tick();
        Assert.Equal(2, Answer(_sent[^1].Bytes, out long named, out bool isLost));
        Assert.Equal(2, named);
        Assert.False(isLost);
    }

    [Fact]
    public void Groups_that_are_offered_before_the_epoch_was_answered_end_it()
    {
        var heartbeats = new GroupHeartbeats(new RaftOptions(), Send, static () => { });
        Assert.True(heartbeats.Receive(_leader, HeartbeatFrameKind.Rest, Frame(1, 0, 2)));
        heartbeats.Tick();
        Answer(_sent[^1].Bytes, out _, out bool isLost);
        Assert.True(isLost);
    }

    [Fact]
    public void More_offers_than_can_be_refused_end_the_epoch()
    {
        GroupHeartbeats heartbeats = Opened();
        for (int number = 2; number < 60; number++)
            Assert.True(heartbeats.Receive(_leader, HeartbeatFrameKind.Rest, Frame(number, 0, RestFrame.MostOffered)));
        _sent.Clear();
        heartbeats.Tick();
        // Not 29,000 groups.
        (_, byte[] bytes) = Assert.Single(_sent);
        Answer(bytes, out _, out bool isLost);
        Assert.True(isLost);
        Assert.Equal(RestAnswer.HeadBytes, bytes.Length);
    }

    private static byte[] Frame(long number, int letGo, int lines)
    {
        byte[] bytes = new byte[RestFrame.HeadBytes + (letGo * sizeof(long)) + (lines * HeartbeatLines.LineBytes)];
        int used = RestFrame.Write(bytes, Epoch, number, new long[letGo], lines);
        for (int line = 0; line < lines; line++, used += HeartbeatLines.LineBytes)
            HeartbeatLines.Write(bytes.AsSpan(used), new GroupId(line + 1), default);
        return bytes;
    }

    private static long Answer(byte[] bytes, out long named, out bool isLost)
    {
        Assert.True(RestAnswer.TryRead(bytes, out RestAnswer answer));
        (named, isLost) = (answer.Named, answer.IsLost);
        return answer.Number;
    }

    // The first frame of the epoch is answered.
    private GroupHeartbeats Opened()
    {
        var heartbeats = new GroupHeartbeats(new RaftOptions(), Send, static () => { });
        Assert.True(heartbeats.Receive(_leader, HeartbeatFrameKind.Rest, Frame(1, 0, 0)));
        heartbeats.Tick();
        Assert.Single(_sent);
        return heartbeats;
    }

    private void Send(NodeId to, HeartbeatFrameKind kind, ReadOnlySpan<byte> bytes) =>
        _sent.Add((kind, bytes.ToArray()));
}
