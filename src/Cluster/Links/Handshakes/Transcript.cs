using System.Security.Cryptography;

namespace Warren.Cluster.Links;

/// <summary>
/// Everything that both sides have said so far, as a hash, and the proofs over it: HMAC-SHA256 under the cookie of a
/// label (who says it, at which point) and that hash. Both nonces are in it, so no proof is of use a second time; the
/// label makes one side's proof useless for the other. The cookie itself is a key and nothing else.
/// </summary>
internal sealed class Transcript : IDisposable
{
    public const int ProofBytes = HMACSHA256.HashSizeInBytes;

    private const int LabelBytes = 32;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _cookie;

    public Transcript(ReadOnlySpan<byte> cookie) => _cookie = cookie.ToArray();

    public void Add(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>The proof of what has been added, by that name.</summary>
    /// <param name="label">At most 32 letters of ASCII.</param>
    /// <param name="proof">32 bytes.</param>
    public void Prove(ReadOnlySpan<byte> label, Span<byte> proof)
    {
        Span<byte> message = stackalloc byte[LabelBytes + SHA256.HashSizeInBytes];
        message.Clear();
        label.CopyTo(message[..LabelBytes]);
        _hash.GetCurrentHash(message[LabelBytes..]);
        HMACSHA256.HashData(_cookie, message, proof);
    }

    public bool IsProved(ReadOnlySpan<byte> label, ReadOnlySpan<byte> proof)
    {
        Span<byte> expected = stackalloc byte[ProofBytes];
        Prove(label, expected);
        return CryptographicOperations.FixedTimeEquals(expected, proof);
    }

    public void Dispose()
    {
        _hash.Dispose();
        CryptographicOperations.ZeroMemory(_cookie);
    }
}
