using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Warren.Amqp;
using Warren.Server.Configuration;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>A listener that speaks TLS: versions, the chain it shows, and clients that do not play along.</summary>
public sealed class TlsListenerTests : IDisposable
{
    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Messages_go_there_and_back(SslProtocols protocol)
    {
        await using RunningNode node = RunningNode.Start(_files.Listener);
        await using SslStream stream = await _files.AuthenticateAsync(await node.DialAsync(), protocol);
        Assert.Equal(protocol, stream.SslProtocol);
        WireClient client = await new WireClient(stream).LoginAsync();
        await client.OpenChannelAsync(1);
        string queue = (await client.DeclareAsync(1, "", exclusive: true)).QueueName;
        byte[] body = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];
        client.AddPublish(1, "", queue, body);
        Received message = await client.CallAsync(1, new BasicGet(queue, noAck: true), MethodId.BasicGetOk);
        Assert.Equal(body, message.Body);
    }

    [Theory]
    [InlineData("tlsv1.2", SslProtocols.Tls12, SslProtocols.Tls13)]
    [InlineData("tlsv1.3", SslProtocols.Tls13, SslProtocols.Tls12)]
    public async Task Only_the_configured_version_is_spoken(string version, SslProtocols spoken, SslProtocols refused)
    {
        await using RunningNode node = RunningNode.Start(_files.Listener + $"ssl_options.versions.1 = {version}");
        await _files.AssertRefusedAsync(node, refused);
        await node.LogsAsync("given up: the TLS handshake failed");
        await using SslStream stream = await _files.AuthenticateAsync(await node.DialAsync());
        Assert.Equal(spoken, stream.SslProtocol);
        await new WireClient(stream).LoginAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_client_is_shown_the_whole_chain(bool isInCertificateFile)
    {
        using TestAuthority between = _files.Root.Intermediate("between");
        using X509Certificate2 server = between.IssueServer();
        _files.WriteServer(server, isInCertificateFile ? between.Pem : "");
        string authorities = _files.Write("more.pem", isInCertificateFile ? _files.Root.Pem : between.Pem);
        await using RunningNode node =
            RunningNode.Start(_files.Listener + $"ssl_options.cacertfile = {authorities}");
        await using SslStream stream = await _files.AuthenticateAsync(await node.DialAsync());
        await new WireClient(stream).LoginAsync();
    }

    [Fact]
    public async Task Who_does_not_speak_tls_is_given_up_and_others_are_served()
    {
        await using RunningNode node = RunningNode.Start(_files.Listener);
        await using Stream plain = await node.DialAsync();
        await plain.WriteAsync(ProtocolHeader.Amqp091.ToArray());
        // Whether an alert or nothing comes before the end is the TLS library's affair; AMQP must not.
        byte[] answer = await ReadToEndAsync(plain);
        Assert.Equal(-1, answer.AsSpan().IndexOf("AMQP"u8));
        Assert.True(answer.Length < 16, $"{answer.Length} bytes came");
        await node.LogsAsync($"on {node.Listeners[0].LocalEndPoint} given up: ");
        await using SslStream stream = await _files.AuthenticateAsync(await node.DialAsync());
        await new WireClient(stream).LoginAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("1603010200")] // the head of a record that would hold a client's hello
    public async Task A_silent_client_is_given_up_after_the_handshakes_time(string sent)
    {
        var time = new ManualTime();
        await using RunningNode node = RunningNode.Start(_files.Listener + "ssl_handshake_timeout = 3000", time);
        await using Stream silent = await node.DialAsync();
        await silent.WriteAsync(Convert.FromHexString(sent));
        Task<byte[]> end = ReadToEndAsync(silent);
        long started = time.GetTimestamp();
        await Eventually.True(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return end.IsCompleted;
        });
        Assert.Empty(await end);
        Assert.True(time.GetElapsedTime(started) >= TimeSpan.FromSeconds(3));
        await node.LogsAsync("given up: the TLS handshake took longer than ssl_handshake_timeout = 3000 ms");
    }

    [Fact]
    public async Task A_node_that_stops_does_not_wait_for_silent_clients()
    {
        var time = new ManualTime();
        RunningNode node = RunningNode.Start(_files.Listener, time);
        await using Stream silent = await node.DialAsync();
        Task<byte[]> end = ReadToEndAsync(silent);
        long started = time.GetTimestamp();
        await node.DisposeAsync();
        Assert.Empty(await end);
        Assert.True(time.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
        Assert.False(node.Log.Has("ssl_handshake_timeout"), node.Log.ToString());
    }

    [Fact]
    public void Files_that_cannot_be_used_stop_the_start()
    {
        using TestAuthority stranger = TestAuthority.Root("stranger");
        string text = _files.VerifyingListener;
        _files.Write("authorities.pem", "nothing here\n");
        Refuses(text, "authorities.pem holds no certificate");
        using X509Certificate2 other = stranger.IssueServer();
        _files.Write("server-key.pem", other.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Refuses(text, "server-key.pem");
        _files.Write("server.pem", "no certificate either\n");
        Refuses(text, "server.pem");
    }

    [Theory]
    [InlineData("secret", true)]
    [InlineData("wrong", false)]
    public async Task A_key_may_be_encrypted(string password, bool isRight)
    {
        using X509Certificate2 server = _files.Root.IssueServer();
        _files.WriteServer(server);
        _files.Write("server-key.pem", server.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(
            "secret", new(System.Security.Cryptography.PbeEncryptionAlgorithm.Aes256Cbc, new("SHA256"), 1000)));
        string text = _files.Listener + $"ssl_options.password = {password}";
        if (!isRight)
        {
            Refuses(text, "server-key.pem");
            return;
        }
        await using RunningNode node = RunningNode.Start(text);
        await using SslStream stream = await _files.AuthenticateAsync(await node.DialAsync());
        await new WireClient(stream).LoginAsync();
    }

    private static void Refuses(string configuration, string message) => Assert.Contains(
        message,
        Assert.Throws<ConfigurationException>(() => RunningNode.Start(configuration)).Message,
        StringComparison.Ordinal);

    private static async Task<byte[]> ReadToEndAsync(Stream stream)
    {
        var bytes = new MemoryStream();
        try
        {
            await stream.CopyToAsync(bytes).WaitAsync(Eventually.Patience);
        }
        catch (IOException)
        {
            // A reset is an end as well: what the client sent had not been read.
        }
        return bytes.ToArray();
    }
}
