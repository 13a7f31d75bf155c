using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Warren.Broker.Security;

/// <summary>
/// A stored password in RabbitMQ's form, so that definitions go both ways:
/// <code>
///   | salt, 4 bytes | digest(salt, password in UTF-8) |     in JSON: base64 of the whole
/// </code>
/// Immutable. <see cref="None"/> is a user without a password, who can log in with a certificate only.
/// </summary>
public sealed class PasswordHash
{
    public const int SaltSizeBytes = 4;

    /// <summary>No password: matches nothing.</summary>
    public static readonly PasswordHash None = new(PasswordHashing.Sha256, []);

    private readonly byte[] _saltAndDigest;

    private PasswordHash(PasswordHashing hashing, byte[] saltAndDigest)
    {
        Hashing = hashing;
        _saltAndDigest = saltAndDigest;
    }

    public PasswordHashing Hashing { get; }

    /// <summary>Hashes a new password.</summary>
    /// <param name="password">Clear text; empty gives <see cref="None"/>.</param>
    /// <param name="hashing">The digest to use.</param>
    /// <param name="salt">4 random bytes, from the caller's source of randomness.</param>
    public static PasswordHash Create(string password, PasswordHashing hashing, ReadOnlySpan<byte> salt)
    {
        if (salt.Length != SaltSizeBytes)
            throw new ArgumentException($"a salt has {SaltSizeBytes} bytes, not {salt.Length}", nameof(salt));
        if (password.Length == 0)
            return None;
        byte[] stored = new byte[SaltSizeBytes + DigestSizeBytes(hashing)];
        salt.CopyTo(stored);
        Digest(hashing, salt, Encoding.UTF8.GetBytes(password), stored.AsSpan(SaltSizeBytes));
        return new PasswordHash(hashing, stored);
    }

    /// <summary>Reads <c>password_hash</c> of a definitions document; empty is <see cref="None"/>.</summary>
    /// <param name="base64">Base64 of salt and digest.</param>
    /// <param name="hashing">Which digest it is.</param>
    /// <param name="hash">The hash, when it can be read.</param>
    /// <param name="error">What is wrong with it, as a clause that follows the name of the place.</param>
    public static bool TryParse(
        string base64,
        PasswordHashing hashing,
        [NotNullWhen(true)] out PasswordHash? hash,
        [NotNullWhen(false)] out string? error)
    {
        hash = null;
        error = null;
        byte[] stored = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, stored, out int sizeBytes))
        {
            error = "is not base64";
            return false;
        }

        if (sizeBytes == 0)
        {
            hash = None;
            return true;
        }

        int expected = SaltSizeBytes + DigestSizeBytes(hashing);
        if (sizeBytes != expected)
        {
            error = $"has {sizeBytes} bytes, but a salted {ConfigurationName(hashing)} hash has {expected}";
            return false;
        }

        hash = new PasswordHash(hashing, stored[..sizeBytes]);
        return true;
    }

    /// <summary>Base64 as definitions carry it; empty for <see cref="None"/>.</summary>
    public string ToBase64() => Convert.ToBase64String(_saltAndDigest);

    /// <summary>
    /// Whether this is the password. Takes the same time wherever a wrong one differs, and as long for
    /// <see cref="None"/> as for any other.
    /// </summary>
    /// <param name="password">Clear text in UTF-8. Empty never matches, as in RabbitMQ.</param>
    public bool Verify(ReadOnlySpan<byte> password)
    {
        bool usable = _saltAndDigest.Length != 0 && password.Length != 0;
        Span<byte> salt = stackalloc byte[SaltSizeBytes];
        Span<byte> computed = stackalloc byte[SHA512.HashSizeInBytes];
        computed = computed[..DigestSizeBytes(Hashing)];
        if (usable)
            _saltAndDigest.AsSpan(0, SaltSizeBytes).CopyTo(salt);
        Digest(Hashing, salt, password, computed);
        ReadOnlySpan<byte> stored = usable ? _saltAndDigest.AsSpan(SaltSizeBytes) : computed;
        return CryptographicOperations.FixedTimeEquals(stored, computed) & usable;
    }

    /// <summary>The value of <c>hashing_algorithm</c>: RabbitMQ's module name.</summary>
    public static string ModuleName(PasswordHashing hashing) => "rabbit_password_hashing_" + ConfigurationName(hashing);

    /// <summary>
    /// Reads <c>rabbit_password_hashing_sha256</c>, or <c>sha256</c> alone as configuration writes it.
    /// </summary>
    public static bool TryParseHashing(string name, out PasswordHashing hashing)
    {
        const string modulePrefix = "rabbit_password_hashing_";
        if (name.StartsWith(modulePrefix, StringComparison.Ordinal))
            name = name[modulePrefix.Length..];
        hashing = name switch
        {
            "sha512" => PasswordHashing.Sha512,
            "md5" => PasswordHashing.Md5,
            _ => PasswordHashing.Sha256,
        };
        return name == ConfigurationName(hashing);
    }

    private static string ConfigurationName(PasswordHashing hashing) => hashing switch
    {
        PasswordHashing.Sha512 => "sha512",
        PasswordHashing.Md5 => "md5",
        _ => "sha256",
    };

    private static int DigestSizeBytes(PasswordHashing hashing) => hashing switch
    {
        PasswordHashing.Sha512 => SHA512.HashSizeInBytes,
        PasswordHashing.Md5 => MD5.HashSizeInBytes,
        _ => SHA256.HashSizeInBytes,
    };

    private static void Digest(
        PasswordHashing hashing, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> password, Span<byte> digest)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(hashing switch
        {
            PasswordHashing.Sha512 => HashAlgorithmName.SHA512,
            PasswordHashing.Md5 => HashAlgorithmName.MD5,
            _ => HashAlgorithmName.SHA256,
        });
        hash.AppendData(salt);
        hash.AppendData(password);
        hash.GetHashAndReset(digest);
    }
}
