using System.Buffers.Binary;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Storage;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

public sealed class MessageBodyTests
{
    [Fact]
    public void One_message_is_the_same_to_all_and_another_group_s_is_not()
    {
        AppendRequest message = Append(1, 1_000);

        byte[] first = BodyOf(1, message);
        Assert.Equal(first, BodyOf(1, message));
        byte[] ofAnother = BodyOf(2, message);

        Assert.Equal(1, BinaryPrimitives.ReadInt64LittleEndian(first));
        Assert.Equal(2, BinaryPrimitives.ReadInt64LittleEndian(ofAnother));
        Assert.Equal(first[8..], ofAnother[8..]);
    }

    [Fact]
    public void A_body_is_that_of_its_message_whatever_was_written_before()
    {
        AppendRequest small = Append(1, 10);
        AppendRequest large = Append(2, 3_000);
        AppendRequest largest = Append(3, 60_000);

        foreach (AppendRequest message in (AppendRequest[])[small, large, small, largest, largest, small, large])
        {
            byte[] body = BodyOf(1, message);
            RaftMessage? read = RaftMessageFormat.Read(body.AsMemory(GroupFrameKind.MessageHeadBytes));
            RaftEntry entry = Assert.Single(Assert.IsType<AppendRequest>(read).Entries);
            Assert.Equal(message.Entries[0].Body.Span, entry.Body.Span);
        }
    }

    [Fact]
    public void What_does_not_fit_a_frame_has_none()
    {
        AppendRequest small = Append(1, 10);
        byte[] body = BodyOf(1, small);

        Assert.False(MessageBody.TryGet(new GroupId(1), Append(2, PeerLink.MostBodyBytes), out _));

        Assert.Equal(body, BodyOf(1, small));
    }

    private static byte[] BodyOf(long group, AppendRequest message)
    {
        Assert.True(MessageBody.TryGet(new GroupId(group), message, out ReadOnlySpan<byte> body));
        return body.ToArray();
    }

    private static AppendRequest Append(byte filling, int bodyBytes)
    {
        byte[] body = new byte[bodyBytes];
        Array.Fill(body, filling);
        return new AppendRequest(new Term(5))
        {
            PreviousIndex = new(2),
            PreviousTerm = new(3),
            Commit = new(1),
            Entries =
            [
                new RaftEntry
                {
                    Index = new(3),
                    Term = new(5),
                    Kind = EntryKind.Payload,
                    Meta = new byte[] { 1 },
                    Body = body,
                    PayloadBytes = 1 + bodyBytes,
                },
            ],
        };
    }
}
