using Xunit;

namespace Warren.Cluster.Tests;

public sealed class NodeNameTests
{
    [Theory]
    [InlineData("rabbit@rabbit-node1", "rabbit", "rabbit-node1")]
    [InlineData("r_1@host.example", "r_1", "host.example")]
    public void A_name_has_two_parts(string text, string first, string host)
    {
        Assert.True(NodeName.TryParse(text, out NodeName name));
        Assert.Equal((first, host, text), (name.Short, name.Host, name.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("rabbit")]
    [InlineData("@host")]
    [InlineData("rabbit@")]
    [InlineData("a@b@c")]
    [InlineData("rab bit@host")]
    [InlineData("rabbit@host/..")]
    public void What_is_no_name_is_refused(string? text) => Assert.False(NodeName.TryParse(text, out _));

    [Fact]
    public void A_name_may_be_as_long_as_an_atom()
    {
        string host = new('h', NodeName.MostLetters - 2);
        Assert.True(NodeName.TryParse("r@" + host, out _));
        Assert.False(NodeName.TryParse("r@h" + host, out _));
    }

    [Fact]
    public void An_identity_is_what_was_written()
    {
        var id = new NodeId(new Guid("00112233-4455-6677-8899-aabbccddeeff"));
        byte[] bytes = new byte[NodeId.SizeBytes];
        id.Write(bytes);
        Assert.Equal("00112233445566778899AABBCCDDEEFF", Convert.ToHexString(bytes));
        Assert.Equal(id, NodeId.Read(bytes));
    }
}
