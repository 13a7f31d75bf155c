namespace Warren.Cluster.Groups;

/// <summary>
/// A message of which some pieces have come. Its memory grows with them, not with what it says of itself.
/// </summary>
internal sealed class OpenMessage(int lengthBytes)
{
    /// <summary>A chunk of a snapshot and what it holds beside its entries' payloads fit.</summary>
    private const int FirstBytes = 1280 * 1024;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(Math.Min(lengthBytes, FirstBytes));

    public int LengthBytes { get; } = lengthBytes;

    public int ReceivedBytes { get; private set; }

    public bool IsWhole => ReceivedBytes == LengthBytes;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, ReceivedBytes);

    /// <summary>The next piece, which fits the length.</summary>
    public void Add(ReadOnlySpan<byte> piece)
    {
        int needed = ReceivedBytes + piece.Length;
        if (needed > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(LengthBytes, Math.Max(needed, _bytes.Length * 2L)));
        piece.CopyTo(_bytes.AsSpan(ReceivedBytes));
        ReceivedBytes = needed;
    }
}
