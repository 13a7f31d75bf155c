using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Security;

public class AuthenticatorTests
{
    private static readonly ClientPeer Local = new(IPAddress.Loopback);
    private static readonly ClientPeer Remote = new(IPAddress.Parse("192.0.2.1"));

    private static readonly SecuritySnapshot Users = SecuritySnapshot.Empty
        .WithUser(NewUser("guest", "guest"))
        .WithUser(NewUser("alice", "secret"))
        .WithUser(new User("CN=client,O=Example", PasswordHash.None, []));

    private readonly Authenticator _authenticator = new(new AuthenticationOptions());

    [Fact]
    public void Name_and_password_log_in_by_PLAIN()
    {
        SaslResult result = Plain("\0alice\0secret", Remote);

        Assert.Equal(SaslOutcome.Accepted, result.Outcome);
        Assert.Equal("alice", result.User!.Name);
        Assert.Null(result.Error);
    }

    [Theory]
    [InlineData("\0alice\0wrong", "user 'alice' - invalid credentials")]
    [InlineData("\0nobody\0secret", "user 'nobody' - invalid credentials")]
    [InlineData("\0alice\0", "user 'alice' attempted to log in with a blank password, which is prohibited")]
    [InlineData("\0CN=client,O=Example\0x", "user 'CN=client,O=Example' - invalid credentials")]
    public void The_log_says_why_and_the_client_is_not_told(string response, string reason)
    {
        SaslResult result = Plain(response, Remote);

        Assert.Equal(SaslOutcome.Refused, result.Outcome);
        Assert.Equal($"PLAIN login refused: {reason}", result.LogText);
        Assert.Equal(
            "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. "
            + "For details see the broker logfile.",
            result.Error!.ReplyText);
    }

    [Theory]
    [InlineData("")]
    [InlineData("junk")]
    [InlineData("\0alice")]
    [InlineData("z\0alice\0secret")]
    [InlineData("\0alice\0secret\0more")]
    public void What_is_not_PLAIN_is_malformed(string response)
    {
        SaslResult result = Plain(response, Remote);

        Assert.Equal(SaslOutcome.Malformed, result.Outcome);
        Assert.DoesNotContain("secret", result.LogText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.9.9.9", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("::ffff:192.0.2.1", false)]
    public void The_default_user_comes_from_this_machine_only(string address, bool expected)
    {
        SaslResult result = Plain("\0guest\0guest", new ClientPeer(IPAddress.Parse(address)));

        Assert.Equal(expected, result.Outcome == SaslOutcome.Accepted);
        if (!expected)
            Assert.Equal("PLAIN login refused: user 'guest' can only connect via localhost", result.LogText);
    }

    [Fact]
    public void A_table_without_its_length_logs_in_by_AMQPLAIN()
    {
        byte[] response = AmqPlain(("LOGIN", FieldValue.Of("alice")), ("PASSWORD", FieldValue.Of("secret")));

        Assert.Equal(SaslOutcome.Accepted, Authenticate(SaslMechanism.AmqPlain, response, Remote).Outcome);
    }

    [Fact]
    public void What_is_not_AMQPLAIN_is_malformed()
    {
        (byte[] Response, string Text)[] cases =
        [
            (AmqPlain(("LOGIN", FieldValue.Of("alice"))), "is missing LOGIN or PASSWORD field"),
            (AmqPlain(("LOGIN", FieldValue.Of(5)), ("PASSWORD", FieldValue.Of("x"))),
                "uses unsupported type for LOGIN or PASSWORD field"),
            ([5, 1], "is not a field table"),
        ];
        foreach ((byte[] response, string text) in cases)
        {
            SaslResult result = Authenticate(SaslMechanism.AmqPlain, response, Remote);
            Assert.Equal(SaslOutcome.Malformed, result.Outcome);
            Assert.Equal($"AMQPLAIN auth info {text}", result.LogText);
        }
    }

    [Fact]
    public void A_verified_certificate_logs_in_by_EXTERNAL()
    {
        using X509Certificate2 certificate =
            CertificateMaker.Make([("2.5.4.10", "Example"), ("2.5.4.3", "client")]);
        var peer = new ClientPeer(Remote.Address, IsTls: true, certificate, CertificateVerified: true);

        Assert.Equal("CN=client,O=Example", Authenticate(SaslMechanism.External, [], peer).User?.Name);
        Assert.Equal(
            "EXTERNAL login refused: TLS configuration is unsafe: client certificates are not verified",
            Authenticate(SaslMechanism.External, [], peer with { CertificateVerified = false }).LogText);
        Assert.Equal(
            "EXTERNAL login refused: connection peer presented no TLS (x.509) certificate",
            Authenticate(SaslMechanism.External, [], peer with { Certificate = null }).LogText);
        Assert.Equal(
            "EXTERNAL login refused: not a TLS-enabled connection",
            Authenticate(SaslMechanism.External, [], Remote).LogText);
    }

    [Fact]
    public void Nobody_is_anonymous_unless_configured()
    {
        Assert.Equal(SaslOutcome.Refused, Authenticate(SaslMechanism.Anonymous, [], Local).Outcome);

        var open = new Authenticator(new AuthenticationOptions { AnonymousUser = "alice" });
        Assert.Equal("alice", open.Authenticate(SaslMechanism.Anonymous, [], Local, Users).User?.Name);
    }

    [Fact]
    public void EXTERNAL_is_offered_where_there_can_be_a_certificate()
    {
        AuthenticationOptions options = AuthenticationOptions.From(
            new BrokerOptions { AuthMechanisms = ["PLAIN", "AMQPLAIN", "EXTERNAL", "ANONYMOUS"] });
        var authenticator = new Authenticator(options);

        Assert.Equal("PLAIN AMQPLAIN", authenticator.OfferedMechanisms(Remote));
        Assert.Equal("PLAIN AMQPLAIN EXTERNAL", authenticator.OfferedMechanisms(Remote with { IsTls = true }));
    }

    [Fact]
    public void An_unknown_mechanism_in_the_configuration_is_named()
    {
        var options = new BrokerOptions { AuthMechanisms = ["NOPE"] };
        ArgumentException wrong = Assert.Throws<ArgumentException>(() => AuthenticationOptions.From(options));
        Assert.Contains("'NOPE'", wrong.Message, StringComparison.Ordinal);
    }

    private SaslResult Plain(string response, ClientPeer peer) =>
        Authenticate(SaslMechanism.Plain, Encoding.UTF8.GetBytes(response), peer);

    private SaslResult Authenticate(SaslMechanism mechanism, byte[] response, ClientPeer peer) =>
        _authenticator.Authenticate(mechanism, response, peer, Users);

    private static User NewUser(string name, string password) =>
        new(name, PasswordHash.Create(password, PasswordHashing.Sha256, [1, 2, 3, 4]), []);

    private static byte[] AmqPlain(params (string Name, FieldValue Value)[] fields)
    {
        var table = new FieldTable();
        foreach ((string name, FieldValue value) in fields)
            table.Add(name, value);
        byte[] encoded = new byte[table.EncodedSizeBytes];
        var writer = new WireWriter(encoded);
        writer.WriteTable(table);
        return encoded[4..];
    }
}
