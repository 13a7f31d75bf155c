using System.Text;
using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Security;

public class PasswordHashTests
{
    // The example of RabbitMQ's page about passwords: salt 908DC60A, password test12.
    private const string Documented = "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR";

    [Fact]
    public void The_documented_hash_is_made_and_verified()
    {
        PasswordHash hash = PasswordHash.Create("test12", PasswordHashing.Sha256, [0x90, 0x8D, 0xC6, 0x0A]);

        Assert.Equal(Documented, hash.ToBase64());
        Assert.True(hash.Verify("test12"u8));
        Assert.False(hash.Verify("test13"u8));
        Assert.False(hash.Verify(""u8));
    }

    [Theory]
    [InlineData(PasswordHashing.Sha256)]
    [InlineData(PasswordHashing.Sha512)]
    [InlineData(PasswordHashing.Md5)]
    public void A_hash_survives_a_definitions_document(PasswordHashing hashing)
    {
        PasswordHash made = PasswordHash.Create("pässword", hashing, [1, 2, 3, 4]);

        Assert.True(PasswordHash.TryParseHashing(PasswordHash.ModuleName(hashing), out PasswordHashing named));
        Assert.True(PasswordHash.TryParse(made.ToBase64(), named, out PasswordHash? read, out _));
        Assert.True(read.Verify(Encoding.UTF8.GetBytes("pässword")));
        Assert.False(read.Verify("password"u8));
    }

    [Fact]
    public void No_password_matches_nothing()
    {
        Assert.True(PasswordHash.TryParse("", PasswordHashing.Sha256, out PasswordHash? hash, out _));
        Assert.False(hash.Verify(""u8));
        Assert.False(hash.Verify("x"u8));
        Assert.Same(PasswordHash.None, PasswordHash.Create("", PasswordHashing.Sha256, [1, 2, 3, 4]));
    }

    [Theory]
    [InlineData("no base64!", "is not base64")]
    [InlineData("AAAA", "has 3 bytes, but a salted sha256 hash has 36")]
    public void A_bad_hash_is_explained(string base64, string expected)
    {
        Assert.False(PasswordHash.TryParse(base64, PasswordHashing.Sha256, out _, out string? error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Unknown_digests_are_not_taken_for_another()
    {
        Assert.True(PasswordHash.TryParseHashing("sha512", out PasswordHashing hashing));
        Assert.Equal(PasswordHashing.Sha512, hashing);
        Assert.False(PasswordHash.TryParseHashing("rabbit_password_hashing_bcrypt", out _));
    }
}
