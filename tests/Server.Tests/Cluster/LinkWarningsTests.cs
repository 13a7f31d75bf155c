using Warren.Cluster.Links;
using Warren.Server.Cluster;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Cluster;

public sealed class LinkWarningsTests
{
    private static readonly Refusal Cookie = new(RefusalCode.WrongCookie, "the two nodes have different cookies");

    private readonly ManualTime _time = new();
    private readonly LinkWarnings _warnings;

    public LinkWarningsTests() => _warnings = new LinkWarnings(_time);

    [Fact]
    public void Who_dials_every_second_is_told_of_once_a_minute()
    {
        int told = 0;
        for (int second = 0; second < 180; second++)
        {
            // From another port each time.
            if (_warnings.Note($"10.0.0.2:{40_000 + second}", Cookie))
                told++;
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(3, told);
        Assert.Equal("no link with 10.0.0.2: the two nodes have different cookies", Assert.Single(_warnings.Recent()));
    }

    [Fact]
    public void Another_reason_and_another_node_are_told_at_once()
    {
        Assert.True(_warnings.Note("10.0.0.2:40000", Cookie));
        Assert.True(_warnings.Note("10.0.0.3:40000", Cookie));
        Assert.True(_warnings.Note("10.0.0.2:40001", new Refusal(RefusalCode.Tls, "the TLS handshake failed")));
        Assert.False(_warnings.Note("10.0.0.3:40002", Cookie));
        Assert.Equal(2, _warnings.Recent().Length);
    }
}
