using Xunit;

namespace Warren.Amqp.Tests.Methods;

/// <summary>
/// Bytes written by hand for the methods with the most kinds of fields, so that the table, and not only the code made
/// from it, is judged.
/// </summary>
public class MethodFieldTests
{
    [Fact]
    public void Queue_declare()
    {
        byte[] arguments = [0, 0, 1, (byte)'q', 0b01010, 0, 0, 0, 3, 1, (byte)'x', (byte)'V'];
        var reader = new WireReader(arguments);

        var declare = QueueDeclare.Read(ref reader);

        Assert.Equal("q", declare.QueueText);
        Assert.False(declare.Passive);
        Assert.True(declare.Durable);
        Assert.False(declare.Exclusive);
        Assert.True(declare.AutoDelete);
        Assert.False(declare.NoWait);
        Assert.True(declare.Arguments.ContainsKey("x"));
        Assert.Equal([0, 50, 0, 10, .. arguments], Write(declare));
    }

    [Fact]
    public void Exchange_declare()
    {
        byte[] arguments = [0, 9, 1, (byte)'e', 5, .. "topic"u8, 0b11001, 0, 0, 0, 0];
        var reader = new WireReader(arguments);

        var declare = ExchangeDeclare.Read(ref reader);

        Assert.Equal("e", declare.ExchangeText);
        Assert.Equal("topic", declare.TypeText);
        Assert.True(declare.Passive);
        Assert.False(declare.Durable);
        Assert.False(declare.AutoDelete);
        Assert.True(declare.Internal);
        Assert.True(declare.NoWait);
    }

    [Fact]
    public void Basic_publish_takes_a_routing_key_that_is_not_utf8()
    {
        var reader = new WireReader([0, 0, 1, (byte)'e', 1, 0xFF, 0b01]);

        var publish = BasicPublish.Read(ref reader);

        Assert.Equal("e"u8, publish.Exchange);
        Assert.Equal(new byte[] { 0xFF }, publish.RoutingKey);
        Assert.True(publish.Mandatory);
        Assert.False(publish.Immediate);
    }

    [Fact]
    public void Other_methods_refuse_strings_that_are_not_utf8() => Assert.Throws<WireFormatException>(() =>
    {
        var reader = new WireReader([0, 0, 1, 0xFF, 0]);
        QueueDelete.Read(ref reader);
    });

    [Fact]
    public void Basic_deliver_is_made_from_strings_and_spans_in_any_mix()
    {
        var deliver = new BasicDeliver("tag", 258, true, "e"u8, "key"u8.ToArray());

        byte[] expected = [0, 60, 0, 60, 3, .. "tag"u8, 0, 0, 0, 0, 0, 0, 1, 2, 1, 1, (byte)'e', 3, .. "key"u8];
        Assert.Equal(expected, Write(deliver));
        Assert.Equal(expected.Length, deliver.SizeBytes);
        Assert.Equal("tag", deliver.ConsumerTagText);
    }

    [Fact]
    public void Connection_start_ok()
    {
        byte[] arguments = [0, 0, 0, 0, 5, .. "PLAIN"u8, 0, 0, 0, 4, 0, (byte)'u', 0, (byte)'p', 5, .. "en_US"u8];
        var reader = new WireReader(arguments);

        var startOk = ConnectionStartOk.Read(ref reader);

        Assert.Equal("PLAIN", startOk.MechanismText);
        Assert.Equal("\0u\0p"u8, startOk.Response);
        Assert.Equal("en_US", startOk.LocaleText);
        Assert.Equal([0, 10, 0, 11, .. arguments], Write(startOk));
    }

    [Fact]
    public void Connection_close_names_the_method_at_fault()
    {
        var close = new ConnectionClose(ReplyCode.NotAllowed, "NOT_ALLOWED - x", 10, 40);

        byte[] expected = [0, 10, 0, 50, 0x02, 0x12, 15, .. "NOT_ALLOWED - x"u8, 0, 10, 0, 40];
        Assert.Equal(expected, Write(close));
    }

    [Fact]
    public void Basic_nack_and_tune()
    {
        Assert.Equal([0, 60, 0, 120, 0, 0, 0, 0, 0, 0, 0, 7, 0b10], Write(new BasicNack(7, false, true)));
        Assert.Equal([0, 10, 0, 30, 7, 0xFF, 0, 2, 0, 0, 0, 60], Write(new ConnectionTune(2047, 131072, 60)));
    }

    [Fact]
    public void Reserved_fields_are_zero()
    {
        Assert.Equal([0, 10, 0, 40, 1, (byte)'/', 0, 0], Write(new ConnectionOpen("/")));
        Assert.Equal([0, 20, 0, 11, 0, 0, 0, 0], Write(new ChannelOpenOk()));
        Assert.Equal([0, 60, 0, 72, 0], Write(new BasicGetEmpty()));
    }

    private static byte[] Write<TMethod>(TMethod method)
        where TMethod : struct, IMethod, allows ref struct
    {
        var bytes = new byte[method.SizeBytes];
        var writer = new WireWriter(bytes);
        method.WriteTo(ref writer);
        return bytes[..writer.Position];
    }
}
