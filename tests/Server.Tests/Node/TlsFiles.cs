using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Warren.Wire;

namespace Warren.Server.Tests.Node;

/// <summary>
/// What a TLS node and its clients need: a root, a server's certificate signed by it, and their PEM files in a
/// directory that goes with it.
/// </summary>
internal sealed class TlsFiles : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("warren-tls-").FullName;

    public TlsFiles()
    {
        using X509Certificate2 server = Root.IssueServer();
        WriteServer(server);
        Write("authorities.pem", Root.Pem);
    }

    public TestAuthority Root { get; } = TestAuthority.Root("Warren's test root");

    /// <summary>One TLS listener on a port of the system's choice, and no other.</summary>
    public string Listener => $"""
        listeners.tcp = none
        listeners.ssl.default = 127.0.0.1:0
        ssl_options.certfile = {PathOf("server.pem")}
        ssl_options.keyfile = {PathOf("server-key.pem")}

        """;

    /// <summary>The same, asking clients for certificates of <see cref="Root"/>.</summary>
    public string VerifyingListener => Listener + $"""
        ssl_options.cacertfile = {PathOf("authorities.pem")}
        ssl_options.verify = verify_peer

        """;

    public string PathOf(string name) => Path.Combine(_directory, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    /// <summary>Writes the server's certificate, more certificates after it, and the key.</summary>
    public void WriteServer(X509Certificate2 server, string chain = "")
    {
        Write("server.pem", server.ExportCertificatePem() + "\n" + chain);
        Write("server-key.pem", server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>
    /// Does a client's handshake. The client believes <see cref="Root"/> and nobody else, and sends its certificate
    /// whatever authorities the server names.
    /// </summary>
    public async Task<SslStream> AuthenticateAsync(
        Stream stream,
        SslProtocols protocols = SslProtocols.None,
        X509Certificate2? certificate = null,
        X509Certificate2Collection? chain = null)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(Root.Certificate);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            CertificateChainPolicy = policy,
        };
        if (certificate is not null)
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        var secured = new SslStream(stream);
        await secured.AuthenticateAsClientAsync(options).WaitAsync(Eventually.Patience);
        return secured;
    }

    /// <summary>The server must not let this client come as far as AMQP.</summary>
    public async Task AssertRefusedAsync(
        RunningNode node,
        SslProtocols protocols = SslProtocols.None,
        X509Certificate2? certificate = null,
        X509Certificate2Collection? chain = null)
    {
        await using Stream stream = await node.DialAsync();
        Received answer;
        try
        {
            // In TLS 1.3 a client has done its part before the server has looked at the certificate.
            var client = new WireClient(await AuthenticateAsync(stream, protocols, certificate, chain));
            await client.AddRaw("AMQP\0\0\u0009\u0001"u8).FlushAsync();
            answer = await client.NextAsync();
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            return;
        }
        if (!ReferenceEquals(answer, Received.End))
            throw new InvalidOperationException($"The client should have been refused; {answer} came.");
    }

    public void Dispose()
    {
        Root.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
