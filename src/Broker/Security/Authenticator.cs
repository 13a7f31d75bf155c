using System.Buffers.Binary;
using System.Text;
using Warren.Amqp;

namespace Warren.Broker.Security;

/// <summary>
/// Decides who a client is from its start-ok. Stateless but for its options; called on the connection's reader loop.
/// A name that does not exist takes as long as a wrong password, so that names cannot be probed.
/// </summary>
/// <param name="options">Mechanisms, loopback users, how certificates are read.</param>
/// <param name="hashing">The digest that new passwords get; unknown names are checked against one of its kind.</param>
public sealed class Authenticator(AuthenticationOptions options, PasswordHashing hashing = PasswordHashing.Sha256)
{
    private readonly PasswordHash _decoy = PasswordHash.Create("no user has this", hashing, [0, 0, 0, 0]);

    /// <summary>Whether this mechanism is offered to this client.</summary>
    public bool Offers(SaslMechanism mechanism, ClientPeer peer) =>
        options.Mechanisms.Contains(mechanism)
        && (mechanism != SaslMechanism.External || peer.IsTls)
        && (mechanism != SaslMechanism.Anonymous || options.AnonymousUser is not null);

    /// <summary>The mechanisms of connection.start: names in the configured order, with blanks between.</summary>
    public string OfferedMechanisms(ClientPeer peer)
    {
        IEnumerable<string> names = options.Mechanisms.Where(m => Offers(m, peer)).Select(SaslMechanismNames.Of);
        return string.Join(' ', names);
    }

    /// <summary>Decides.</summary>
    /// <param name="mechanism">One that <see cref="Offers"/> allows.</param>
    /// <param name="response">The response field of start-ok.</param>
    /// <param name="peer">The connection.</param>
    /// <param name="security">The snapshot of now.</param>
    public SaslResult Authenticate(
        SaslMechanism mechanism, ReadOnlySpan<byte> response, ClientPeer peer, SecuritySnapshot security)
    {
        SaslResult result = mechanism switch
        {
            SaslMechanism.Plain => Plain(response, security),
            SaslMechanism.AmqPlain => AmqPlain(response, security),
            SaslMechanism.External => External(peer, security),
            _ => Anonymous(security),
        };
        if (result.User is { } user && options.LoopbackUsers.Contains(user.Name) && !peer.IsLoopback)
            return SaslResult.Refused(mechanism, user.Name, $"user '{user.Name}' can only connect via localhost");
        return result;
    }

    /// <summary>Whether name and password belong together; for whoever logs in other than by AMQP.</summary>
    public SaslResult CheckPassword(
        SaslMechanism mechanism, string username, ReadOnlySpan<byte> password, SecuritySnapshot security)
    {
        bool known = security.TryGetUser(username, out User? user);
        bool matches = (user?.PasswordHash ?? _decoy).Verify(password);
        if (known && matches)
            return SaslResult.Accepted(user!);
        return SaslResult.Refused(
            mechanism,
            username,
            password.IsEmpty
                ? $"user '{username}' attempted to log in with a blank password, which is prohibited"
                : $"user '{username}' - invalid credentials");
    }

    // message ::= NUL username NUL password; neither holds a NUL.
    private SaslResult Plain(ReadOnlySpan<byte> response, SecuritySnapshot security)
    {
        int second = response.Length > 0 && response[0] == 0 ? response[1..].IndexOf((byte)0) + 1 : 0;
        if (second == 0 || response[(second + 1)..].Contains((byte)0))
            return SaslResult.Malformed("PLAIN response invalid");
        string username = Encoding.UTF8.GetString(response[1..second]);
        return CheckPassword(SaslMechanism.Plain, username, response[(second + 1)..], security);
    }

    private SaslResult AmqPlain(ReadOnlySpan<byte> response, SecuritySnapshot security)
    {
        // The field table comes without its length.
        byte[] table = new byte[sizeof(uint) + response.Length];
        BinaryPrimitives.WriteUInt32BigEndian(table, (uint)response.Length);
        response.CopyTo(table.AsSpan(sizeof(uint)));
        FieldTable fields;
        try
        {
            fields = FieldTable.Decode(table);
        }
        catch (WireFormatException)
        {
            return SaslResult.Malformed("AMQPLAIN auth info is not a field table");
        }

        if (!fields.TryGetValue("LOGIN", out FieldValue login)
            || !fields.TryGetValue("PASSWORD", out FieldValue password))
        {
            return SaslResult.Malformed("AMQPLAIN auth info is missing LOGIN or PASSWORD field");
        }

        if (!IsText(login) || !IsText(password))
            return SaslResult.Malformed("AMQPLAIN auth info uses unsupported type for LOGIN or PASSWORD field");
        return CheckPassword(SaslMechanism.AmqPlain, login.AsText(), password.AsBytes(), security);
    }

    private static bool IsText(FieldValue value) => value.Kind is FieldKind.LongString or FieldKind.ByteArray;

    private SaslResult External(ClientPeer peer, SecuritySnapshot security)
    {
        if (!peer.IsTls)
            return RefuseExternal(null, "not a TLS-enabled connection");
        if (peer.Certificate is null)
            return RefuseExternal(null, "connection peer presented no TLS (x.509) certificate");
        if (!peer.CertificateVerified)
            return RefuseExternal(null, "TLS configuration is unsafe: client certificates are not verified");
        if (!CertificateName.TryFind(peer.Certificate, options, out string? name))
            return RefuseExternal(null, "no name found");
        return security.TryGetUser(name, out User? user)
            ? SaslResult.Accepted(user)
            : RefuseExternal(name, $"user '{name}' - invalid credentials");
    }

    private static SaslResult RefuseExternal(string? name, string reason) =>
        SaslResult.Refused(SaslMechanism.External, name, reason);

    private SaslResult Anonymous(SecuritySnapshot security)
    {
        if (options.AnonymousUser is not { } name)
            return SaslResult.Refused(SaslMechanism.Anonymous, null, "anonymous logins are switched off");
        return security.TryGetUser(name, out User? user)
            ? SaslResult.Accepted(user)
            : SaslResult.Refused(SaslMechanism.Anonymous, name, $"user '{name}' - invalid credentials");
    }
}
