using System.Net.Sockets;
using Warren.Cluster.Links;
using Warren.Wire;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>Whole nodes over real sockets.</summary>
public sealed class TcpTests : IAsyncDisposable
{
    private const ushort Kind = 7;

    private readonly List<TcpNode> _nodes = [];

    public async ValueTask DisposeAsync()
    {
        foreach (TcpNode node in _nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public Task Frames_of_every_class_go_both_ways_in_order() => ExchangeAsync(null, null);

    [Fact]
    public Task They_do_with_mutual_tls_too()
    {
        using var authority = new TestAuthority();
        return ExchangeAsync(authority.Tls("127.0.0.7"), authority.Tls("127.0.0.8"));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_named_on_both_sides()
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority();
        TcpNode a = Start("a", "127.0.0.7", authority.Tls("127.0.0.7"));
        TcpNode b = Start("b", "127.0.0.8", other.Tls("127.0.0.8"));
        Know(a, b);
        await Eventually.True(() => !a.Refusals.IsEmpty && !b.Refusals.IsEmpty);
        Assert.All(a.Refusals.Concat(b.Refusals), refusal => Assert.Equal(RefusalCode.Tls, refusal.Code));
        Assert.Contains(a.Refusals, refusal => refusal.Sentence.Contains("is not believed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_that_names_another_host_is_refused()
    {
        using var authority = new TestAuthority();
        TcpNode a = Start("a", "127.0.0.7", authority.Tls("127.0.0.7"));
        TcpNode b = Start("b", "127.0.0.8", authority.Tls("127.0.0.9"));
        Know(a, b);
        await Eventually.True(() => !a.Refusals.IsEmpty);
        Assert.True(a.Refusals.TryPeek(out Refusal? refusal));
        Assert.Equal(
            "the TLS handshake failed: the certificate CN=127.0.0.9 does not name 127.0.0.8, the host that was dialed",
            refusal.Sentence);
    }

    [Fact]
    public async Task A_side_without_tls_is_named_as_such()
    {
        using var authority = new TestAuthority();
        TcpNode a = Start("a", "127.0.0.7", authority.Tls("127.0.0.7"));
        TcpNode b = Start("b", "127.0.0.8", null);
        Know(a, b);
        await Eventually.True(() => !b.Refusals.IsEmpty);
        Assert.True(b.Refusals.TryPeek(out Refusal? refusal));
        Assert.Equal(RefusalText.NotOurs, refusal);
    }

    [Fact]
    public async Task Garbage_closes_the_connection_and_nothing_else()
    {
        TcpNode b = Start("b", "127.0.0.8", null);
        using var client = new TcpClient();
        await client.ConnectAsync(b.Links.Address!.Value.Host, b.Links.Address!.Value.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        byte[] answer = new byte[1024];
        int count = 0;
        try
        {
            while (await stream.ReadAsync(answer.AsMemory(count)) is > 0 and int read)
                count += read;
        }
        catch (IOException)
        {
            // The rest of the request was not read: the kernel says so by a reset.
        }
        Assert.InRange(count, 0, 64);
        await Eventually.True(() => !b.Refusals.IsEmpty);
    }

    [Fact]
    public void An_address_in_use_is_named()
    {
        TcpNode a = Start("a", "127.0.0.7", null);
        PeerAddress taken = a.Links.Address!.Value;
        IOException error = Assert.Throws<IOException>(
            () => new TcpPeerNetwork(TimeProvider.System, _ => { }).Listen(taken, _ => { }));
        Assert.StartsWith($"cannot listen for peers on {taken}: ", error.Message, StringComparison.Ordinal);
    }

    private async Task ExchangeAsync(PeerTls? tlsOfA, PeerTls? tlsOfB)
    {
        TcpNode a = Start("a", "127.0.0.7", tlsOfA);
        TcpNode b = Start("b", "127.0.0.8", tlsOfB);
        Know(a, b);
        Know(b, a);
        await Eventually.True(() => a.Link is not null && b.Link is not null);
        const int Frames = 200;
        byte[] body = new byte[8000];
        for (int number = 0; number < Frames; number++)
        {
            foreach (LinkClass linkClass in Enum.GetValues<LinkClass>().Skip(1))
            {
                BitConverter.TryWriteBytes(body, number);
                await Eventually.True(() => a.Link!.TrySend(linkClass, Kind, body));
                await Eventually.True(() => b.Link!.TrySend(linkClass, Kind, body.AsSpan(0, 4)));
            }
        }
        foreach (TcpNode node in new[] { a, b })
        {
            await Eventually.True(() => node.NextNumbers.Skip(1).All(next => next == Frames));
            Assert.False(node.IsOutOfOrder);
            Assert.Equal(1, node.Ups);
        }
    }

    private TcpNode Start(string name, string address, PeerTls? tls)
    {
        var node = new TcpNode(name, address, tls);
        _nodes.Add(node);
        return node;
    }

    private static void Know(TcpNode one, TcpNode other) => one.Links.AddPeer(new KnownPeer
    {
        Name = other.Identity.Name,
        Address = other.Links.Address!.Value,
    });
}
