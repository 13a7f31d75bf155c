using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Joining;

public sealed class MembershipFormatTests
{
    private static readonly MemberRecord One = new(
        new NodeId(new Guid("00112233-4455-6677-8899-aabbccddeeff")), FoundingTests.Name(1),
        new PeerAddress("n1", 25672));

    [Fact]
    public void A_founding_message_is_22_bytes()
    {
        var message = new FoundingMessage(FoundingMessageKind.Propose, new ClusterId(One.Id.Value), 258);
        byte[] bytes = MembershipFormat.Write(message);
        Assert.Equal("010200112233445566778899AABBCCDDEEFF02010000", Convert.ToHexString(bytes));
        Assert.Equal(message, MembershipFormat.ReadFounding(bytes));
    }

    [Fact]
    public void A_request_is_drawn_byte_by_byte()
    {
        var request = new MembershipRequest(MembershipRequestKind.Join, One);
        byte[] bytes = MembershipFormat.Write(request);
        Assert.Equal(
            "0101" + "00112233445566778899AABBCCDDEEFF" + "0900" + Convert.ToHexString("rabbit@n1"u8)
            + "0200" + Convert.ToHexString("n1"u8) + "4864",
            Convert.ToHexString(bytes));
        Assert.Equal(request, MembershipFormat.ReadRequest(bytes));
    }

    [Fact]
    public void An_answer_comes_back_as_it_was()
    {
        var answer = new MembershipAnswer
        {
            Outcome = MembershipOutcome.Later,
            Reason = "no majority — wait",
            Cluster = new ClusterId(One.Id.Value),
            Generation = 3,
            Members = [One, One with { Name = FoundingTests.Name(2) }],
        };
        MembershipAnswer read = Assert.IsType<MembershipAnswer>(
            MembershipFormat.ReadAnswer(MembershipFormat.Write(answer)));
        Assert.Equal(answer.Members.AsEnumerable(), read.Members);
        Assert.Equal(answer with { Members = [] }, read with { Members = [] });
    }

    [Fact]
    public void Whatever_comes_is_read_or_is_nothing()
    {
        var random = new Random(7);
        byte[][] sound =
        [
            MembershipFormat.Write(new MembershipRequest(MembershipRequestKind.Leave, One)),
            MembershipFormat.Write(new MembershipAnswer { Outcome = MembershipOutcome.Done, Members = [One, One] }),
            MembershipFormat.Write(new FoundingMessage(FoundingMessageKind.Hello, ClusterId.None)),
        ];
        for (int run = 0; run < 20_000; run++)
        {
            byte[] bytes = [.. sound[run % sound.Length]];
            for (int change = random.Next(1, 4); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            ReadOnlySpan<byte> cut = bytes.AsSpan(0, random.Next(bytes.Length + 1));
            _ = MembershipFormat.ReadRequest(cut);
            _ = MembershipFormat.ReadAnswer(cut);
            _ = MembershipFormat.ReadFounding(cut);
        }
    }
}
