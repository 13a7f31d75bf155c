using System.Net;
using System.Net.Sockets;
using Warren.Cluster.Links;
using Warren.Wire;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>What the end of a link tells of the process on its other side, over real sockets.</summary>
public sealed class LinkEndTests : IAsyncDisposable
{
    private readonly Socket _between = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly TcpNode _one = new("a", "127.0.0.1");
    private readonly TcpNode _other = new("b", "127.0.0.1");

    public LinkEndTests()
    {
        _between.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _between.Listen();
    }

    public async ValueTask DisposeAsync()
    {
        _between.Dispose();
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Theory]
    [InlineData(false, LinkEnd.PeerGone)]
    [InlineData(true, LinkEnd.Lost)]
    public async Task An_orderly_end_without_a_goodbye_is_that_of_a_process(bool isReset, LinkEnd end)
    {
        _one.Links.AddPeer(new KnownPeer
        {
            Name = _other.Identity.Name,
            Address = new PeerAddress("127.0.0.1", ((IPEndPoint)_between.LocalEndPoint!).Port),
        });
        // What a system does with the connections of a process that has ended, and what becomes of others.
        using Socket near = await _between.AcceptAsync();
        using Socket far = new(SocketType.Stream, ProtocolType.Tcp);
        await far.ConnectAsync(_other.Links.Address!.Value.Host, _other.Links.Address.Value.Port);
        _between.Close();
        Task passing = Task.WhenAll(PassAsync(near, far), PassAsync(far, near));
        await Eventually.True(() => _one.Link is not null && _other.Link is not null);
        // Each has heard the other.
        Assert.True(_other.Link!.TrySend(LinkClass.Control, 7, BitConverter.GetBytes(0)));
        await Eventually.True(() => _one.NextNumbers[(int)LinkClass.Control] == 1);
        if (isReset)
            near.Close(0);
        else
            near.Shutdown(SocketShutdown.Send);
        await Eventually.True(() => _one.LastEnd is not null);
        Assert.Equal(end, _one.LastEnd);
        near.Dispose();
        far.Dispose();
        await passing;
    }

    [Fact]
    public async Task A_process_that_says_goodbye_may_go_on()
    {
        _one.Links.AddPeer(new KnownPeer { Name = _other.Identity.Name, Address = _other.Links.Address!.Value });
        await Eventually.True(() => _one.Link is not null && _other.Link is not null);
        _other.Link!.Close("for a while");
        await Eventually.True(() => _one.LastEnd is not null);
        Assert.Equal(LinkEnd.Lost, _one.LastEnd);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_that_is_reset_has_no_orderly_end(bool isSecured)
    {
        using var authority = new TestAuthority();
        var network = new TcpPeerNetwork(TimeProvider.System, _ => { });
        var accepted = new TaskCompletionSource<Stream>();
        using IPeerListener listener =
            network.Listen(new PeerAddress("127.0.0.1", 0), one => accepted.SetResult(one.Stream));
        Stream near = await network.DialAsync(listener.Address, TestContext.Current.CancellationToken);
        Stream far = await accepted.Task;
        if (isSecured)
        {
            PeerTls tls = authority.Tls("127.0.0.1");
            Task<Stream> secured = Task.Run(() => tls.SecureAsync(far, null));
            near = await tls.SecureAsync(near, "127.0.0.1");
            far = await secured;
        }
        // As a link's reader does all the time, on both sides.
        Task<int> waits = Task.Run(() => near.Read(new byte[1]), TestContext.Current.CancellationToken);
        Task<int> reads = Task.Run(() => far.Read(new byte[1]), TestContext.Current.CancellationToken);
        Assert.IsAssignableFrom<IPeerStream>(near).Reset();
        await Assert.ThrowsAnyAsync<Exception>(async () => await reads);
        await Assert.ThrowsAnyAsync<Exception>(async () => await waits);
        await far.DisposeAsync();
    }

    private static async Task PassAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and int count)
                await to.SendAsync(buffer.AsMemory(0, count));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test has ended it.
        }
    }
}
