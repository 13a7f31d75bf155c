using Xunit;

namespace Warren.Amqp.Tests.Framing;

public class ProtocolHeaderTests
{
    [Theory]
    [InlineData("AMQP\0\0\u0009\u0001", ProtocolVersion.Amqp091)]
    [InlineData("AMQP\0\0\u0009\u0001more", ProtocolVersion.Amqp091)]
    [InlineData("AMQP\u0001\u0001\0\u0009", ProtocolVersion.Amqp09)]
    [InlineData("AMQP\u0001\u0001\u0008\0", ProtocolVersion.Amqp08)]
    [InlineData("AMQP\u0001\u0001\u0009\u0001", ProtocolVersion.Amqp08)]
    [InlineData("AMQP\0\u0001\0\0", ProtocolVersion.Unsupported)]
    [InlineData("AMQP\u0003\u0001\0\0", ProtocolVersion.Unsupported)]
    [InlineData("AMQP\0\0\u0009\0", ProtocolVersion.Unsupported)]
    [InlineData("GET / HTTP/1.1\r\n", ProtocolVersion.Unsupported)]
    [InlineData("AMQP\0\0\u0009", ProtocolVersion.Incomplete)]
    [InlineData("", ProtocolVersion.Incomplete)]
    public void The_first_eight_octets_tell_the_protocol(string input, ProtocolVersion expected) =>
        Assert.Equal(expected, ProtocolHeader.Parse(System.Text.Encoding.ASCII.GetBytes(input)));

    [Fact]
    public void Our_own_header_is_0_9_1()
    {
        Assert.Equal(ProtocolHeader.Size, ProtocolHeader.Amqp091.Length);
        Assert.Equal(ProtocolVersion.Amqp091, ProtocolHeader.Parse(ProtocolHeader.Amqp091));
    }
}
