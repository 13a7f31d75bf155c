using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>EXTERNAL: the certificate says who the client is.</summary>
public sealed class ExternalLoginTests : IDisposable
{
    private static readonly Login External = new() { Mechanism = "EXTERNAL" };

    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("", "CN=worker,OU=night shift,O=Warren")]
    [InlineData("ssl_cert_login_from = distinguished_name", "CN=worker,OU=night shift,O=Warren")]
    [InlineData("ssl_cert_login_from = common_name", "worker")]
    [InlineData("ssl_cert_login_from = subject_alternative_name", "first.example")]
    [InlineData("ssl_cert_login_from = subject_alt_name\nssl_cert_login_san_index = 1", "second.example")]
    [InlineData("ssl_cert_login_from = subject_alt_name\nssl_cert_login_san_type = email", "worker@warren.example")]
    [InlineData("ssl_cert_login_from = subject_alt_name\nssl_cert_login_san_type = uri", "urn:worker")]
    [InlineData("ssl_cert_login_from = subject_alt_name\nssl_cert_login_san_type = ip", "10.0.0.1")]
    public async Task The_configured_part_of_the_certificate_is_the_user(string keys, string user)
    {
        await using RunningNode node = RunningNode.Start(Configuration(user) + keys);
        await using Stream stream = await SecureAsync(node);
        await new WireClient(stream).LoginAsync(External);
        Assert.Equal(user, (await node.OnlyConnectionAsync()).User!.Name);
    }

    [Theory]
    [InlineData("ssl_cert_login_from = common_name", "user 'worker' - invalid credentials")]
    [InlineData("ssl_cert_login_from = subject_alt_name\nssl_cert_login_san_index = 2", "no name found")]
    public async Task A_name_that_is_no_user_is_refused(string keys, string reason)
    {
        await using RunningNode node = RunningNode.Start(Configuration("first.example") + keys);
        await using Stream stream = await SecureAsync(node);
        var client = new WireClient(stream);
        await client.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        await client.ExpectAsync(MethodId.ConnectionStart);
        await client.SendAsync(0, WireClient.StartOk(External));
        Received close = await client.ExpectAsync(MethodId.ConnectionClose);
        Assert.StartsWith("403 ACCESS_REFUSED", close.CloseReason, StringComparison.Ordinal);
        await node.LogsAsync(reason);
    }

    [Fact]
    public async Task It_is_offered_where_a_certificate_can_come_only()
    {
        await using RunningNode node = RunningNode.Start(
            Configuration("worker").Replace("tcp = none", "tcp.default = 127.0.0.1:0", StringComparison.Ordinal));
        await using WireClient plain = await node.ConnectAsync(0);
        await plain.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        Assert.Equal("PLAIN", (await plain.ExpectAsync(MethodId.ConnectionStart)).Mechanisms);
        await using Stream stream = await SecureAsync(node, listener: 1);
        var secure = new WireClient(stream);
        await secure.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        Assert.Equal("PLAIN EXTERNAL", (await secure.ExpectAsync(MethodId.ConnectionStart)).Mechanisms);
    }

    private string Configuration(string user)
    {
        string definitions = _files.Write("definitions.json", $$"""
            {
              "vhosts": [{ "name": "/" }],
              "users": [{ "name": "{{user}}", "password_hash": "", "tags": "" }],
              "permissions": [
                { "user": "{{user}}", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*" }
              ]
            }
            """);
        return _files.VerifyingListener + $"""
            load_definitions = {definitions}
            auth_mechanisms.1 = PLAIN
            auth_mechanisms.2 = EXTERNAL

            """;
    }

    private async Task<SslStream> SecureAsync(RunningNode node, int listener = 0)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("first.example");
        names.AddIpAddress(IPAddress.Parse("10.0.0.1"));
        names.AddDnsName("second.example");
        names.AddEmailAddress("worker@warren.example");
        names.AddUri(new Uri("urn:worker"));
        using X509Certificate2 worker = _files.Root.Issue(
            "CN=worker, OU=night shift, O=Warren", TestAuthority.ForClients, names);
        return await _files.AuthenticateAsync(await node.DialAsync(listener), certificate: worker);
    }
}
