using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>Which client certificates a TLS listener believes, in both versions of TLS.</summary>
public sealed class TlsClientCertificateTests : IDisposable
{
    private const string Demanding = "ssl_options.fail_if_no_peer_cert = true\n";

    private readonly TlsFiles _files = new();

    public static TheoryData<SslProtocols> Versions => [SslProtocols.Tls12, SslProtocols.Tls13];

    public void Dispose() => _files.Dispose();

    [Theory, MemberData(nameof(Versions))]
    public async Task Without_a_certificate_a_client_enters_unless_one_is_demanded(SslProtocols version)
    {
        await using (RunningNode lenient = RunningNode.Start(_files.VerifyingListener))
            await EntersAsync(lenient, version, null);
        await using RunningNode strict = RunningNode.Start(_files.VerifyingListener + Demanding);
        await _files.AssertRefusedAsync(strict, version);
        await strict.LogsAsync("the client gave no certificate");
        using X509Certificate2 worker = _files.Root.Issue("CN=worker", TestAuthority.ForClients);
        await EntersAsync(strict, version, worker);
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task A_strangers_certificate_is_refused(SslProtocols version)
    {
        // The same name as the root that is believed, and another key.
        using TestAuthority stranger = TestAuthority.Root("Warren's test root");
        using X509Certificate2 worker = stranger.Issue("CN=worker", TestAuthority.ForClients);
        await RefusesAsync(worker, version, [stranger.Certificate]);
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task An_expired_certificate_is_refused(SslProtocols version)
    {
        using X509Certificate2 worker = _files.Root.Issue("CN=worker", TestAuthority.ForClients, validForDays: -1);
        await RefusesAsync(worker, version);
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task A_servers_certificate_is_no_clients(SslProtocols version)
    {
        using X509Certificate2 server = _files.Root.Issue("CN=worker", TestAuthority.ForServers);
        await RefusesAsync(server, version);
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task An_authority_between_may_come_with_the_client_or_stand_in_the_file(SslProtocols version)
    {
        using TestAuthority between = _files.Root.Intermediate("between");
        using X509Certificate2 worker = between.Issue("CN=worker", TestAuthority.ForClients);
        await using (RunningNode node = RunningNode.Start(_files.VerifyingListener + "ssl_options.depth = 1"))
            await EntersAsync(node, version, worker, [between.Certificate]);
        await RefusesAsync(worker, version);
        _files.Write("authorities.pem", between.Pem + _files.Root.Pem);
        await using RunningNode informed = RunningNode.Start(_files.VerifyingListener);
        await EntersAsync(informed, version, worker);
    }

    [Fact]
    public async Task Nothing_is_fetched_from_where_a_certificate_says()
    {
        using var place = new TcpListener(IPAddress.Loopback, 0);
        place.Start();
        using TestAuthority between = _files.Root.Intermediate("between");
        using X509Certificate2 worker = between.Issue(
            "CN=worker", TestAuthority.ForClients, issuerAddress: $"http://{place.LocalEndpoint}/between.crt");
        await RefusesAsync(worker, SslProtocols.Tls12);
        Assert.False(place.Pending());
    }

    [Fact]
    public async Task Depth_bounds_the_authorities_between()
    {
        using TestAuthority between = _files.Root.Intermediate("between");
        using X509Certificate2 far = between.Issue("CN=far", TestAuthority.ForClients);
        using X509Certificate2 near = _files.Root.Issue("CN=near", TestAuthority.ForClients);
        await using RunningNode node = RunningNode.Start(_files.VerifyingListener + "ssl_options.depth = 0");
        await EntersAsync(node, SslProtocols.Tls12, near);
        await _files.AssertRefusedAsync(node, SslProtocols.Tls12, far, [between.Certificate]);
        await node.LogsAsync("has 1 authorities between it and a trusted one; ssl_options.depth allows 0");
    }

    [Fact]
    public async Task Nobody_is_asked_without_verify_peer()
    {
        using TestAuthority stranger = TestAuthority.Root("stranger");
        using X509Certificate2 worker = stranger.Issue("CN=worker", TestAuthority.ForClients);
        await using RunningNode node = RunningNode.Start(_files.Listener);
        await using SslStream stream = await _files.AuthenticateAsync(await node.DialAsync(), certificate: worker);
        await new WireClient(stream).LoginAsync();
        Assert.Null((await node.OnlyConnectionAsync()).Peer.Client.Certificate);
    }

    private async Task EntersAsync(
        RunningNode node, SslProtocols version, X509Certificate2? certificate, X509Certificate2Collection? chain = null)
    {
        // Twice, as the second one may take up the first one's session.
        for (int i = 0; i < 2; i++)
        {
            await using SslStream stream =
                await _files.AuthenticateAsync(await node.DialAsync(), version, certificate, chain);
            await new WireClient(stream).LoginAsync();
            Assert.Equal(
                certificate?.Thumbprint, (await node.OnlyConnectionAsync()).Peer.Client.Certificate?.Thumbprint);
            await stream.DisposeAsync();
            await Eventually.True(() => node.Connections.Count == 0);
        }
    }

    private async Task RefusesAsync(
        X509Certificate2 certificate, SslProtocols version, X509Certificate2Collection? chain = null)
    {
        await using RunningNode node = RunningNode.Start(_files.VerifyingListener);
        await _files.AssertRefusedAsync(node, version, certificate, chain);
        await node.LogsAsync($"the client's certificate {certificate.Subject} is not believed: ");
    }
}
