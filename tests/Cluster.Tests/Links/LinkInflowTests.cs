using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Tests.Links;

public sealed class LinkInflowTests
{
    private static readonly LinkOptions Options = new();

    private readonly LinkInflow _inflow = new(Options);

    [Fact]
    public void A_window_is_received_and_not_a_byte_more()
    {
        Assert.True(_inflow.TryReceive(LinkClass.Bulk, Options.WindowBytes));
        Assert.True(_inflow.TryReceive(LinkClass.Control, 100));
        Assert.False(_inflow.TryReceive(LinkClass.Bulk, 1));
    }

    [Fact]
    public void Credit_is_granted_in_quarters_of_the_window()
    {
        int quarter = Options.WindowBytes / 4;
        Assert.Equal(0, _inflow.Return(LinkClass.Bulk, quarter - 1));
        Assert.Equal(Options.WindowBytes + quarter, _inflow.Return(LinkClass.Bulk, 1));
        Assert.Equal(0, _inflow.Return(LinkClass.Control, 1));
    }
}
