using System.Text;
using Xunit;

namespace Warren.Amqp.Tests.Errors;

public class AmqpExceptionTests
{
    [Fact]
    public void The_reply_text_opens_with_the_codes_name()
    {
        var error = new AmqpException(ReplyCode.NotFound, "no queue 'q' in vhost '/'");

        Assert.Equal("NOT_FOUND - no queue 'q' in vhost '/'", error.ReplyText);
        Assert.Equal("no queue 'q' in vhost '/'", error.Message);
        Assert.Equal(404, error.ReplyCode);
    }

    [Theory]
    [InlineData(ReplyCode.NotFound, false)]
    [InlineData(ReplyCode.PreconditionFailed, false)]
    [InlineData(ReplyCode.AccessRefused, false)]
    [InlineData(ReplyCode.ResourceLocked, false)]
    [InlineData(ReplyCode.ConnectionForced, true)]
    [InlineData(ReplyCode.FrameError, true)]
    [InlineData(ReplyCode.CommandInvalid, true)]
    [InlineData(ReplyCode.ChannelError, true)]
    [InlineData(ReplyCode.NotAllowed, true)]
    [InlineData(ReplyCode.NotImplemented, true)]
    [InlineData(ReplyCode.InternalError, true)]
    public void The_code_decides_what_closes_unless_told(ushort replyCode, bool closesConnection)
    {
        Assert.Equal(closesConnection, new AmqpException(replyCode, "x").ClosesConnection);
        Assert.True(new AmqpException(replyCode, "x", closesConnection: true).ClosesConnection);
        Assert.False(new AmqpException(replyCode, "x", closesConnection: false).ClosesConnection);
    }

    [Fact]
    public void A_text_of_255_bytes_stays_whole_and_one_more_is_cut_to_252_and_dots()
    {
        var whole = new AmqpException(ReplyCode.NotFound, new string('x', 255 - "NOT_FOUND - ".Length));
        Assert.Equal(255, whole.ReplyText.Length);
        Assert.EndsWith("x", whole.ReplyText, StringComparison.Ordinal);

        var cut = new AmqpException(ReplyCode.NotFound, new string('x', 256 - "NOT_FOUND - ".Length));
        Assert.Equal(255, cut.ReplyText.Length);
        Assert.EndsWith("xxx...", cut.ReplyText, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_is_not_cut_within_a_character()
    {
        for (var shift = 0; shift < 4; shift++)
        {
            var text = new string('x', shift) + string.Concat(Enumerable.Repeat("🐇", 80));
            var reply = new AmqpException(ReplyCode.NotFound, text).ReplyText;
            Assert.DoesNotContain('\uFFFD', reply);
            Assert.InRange(Encoding.UTF8.GetByteCount(reply), 252, 255);
        }
    }

    [Fact]
    public void Unknown_codes_have_a_name_too() => Assert.Equal("UNKNOWN_CODE", ReplyCode.Name(999));
}
