using System.Buffers.Binary;
using System.Text;

namespace Warren.Cluster.Links;

/// <summary>
/// What one side decided: <c>0 code (2) | 2 bytes of the sentence (2) | 4 the sentence, UTF-8</c>; code 0 accepts.
/// </summary>
internal static class VerdictBody
{
    public const int MostSentenceBytes = 512;

    private const int FixedBytes = 4;

    public static int Write(Span<byte> target, Refusal? refusal)
    {
        ReadOnlySpan<byte> sentence = Encoding.UTF8.GetBytes(refusal?.Sentence ?? "");
        // Cut at the limit, and not within a letter.
        int sentenceBytes = Math.Min(sentence.Length, MostSentenceBytes);
        while (sentenceBytes < sentence.Length && sentenceBytes > 0 && (sentence[sentenceBytes] & 0xC0) == 0x80)
            sentenceBytes--;
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)(refusal?.Code ?? RefusalCode.None));
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], (ushort)sentenceBytes);
        sentence[..sentenceBytes].CopyTo(target[FixedBytes..]);
        return FixedBytes + sentenceBytes;
    }

    public static bool TryRead(ref ReadOnlySpan<byte> payload, out Refusal? refusal)
    {
        refusal = null;
        if (payload.Length < FixedBytes)
            return false;
        var code = (RefusalCode)BinaryPrimitives.ReadUInt16LittleEndian(payload);
        int sentenceBytes = BinaryPrimitives.ReadUInt16LittleEndian(payload[2..]);
        if (sentenceBytes > MostSentenceBytes || payload.Length < FixedBytes + sentenceBytes)
            return false;
        if (code != RefusalCode.None)
            refusal = new Refusal(code, Printable(payload.Slice(FixedBytes, sentenceBytes)));
        payload = payload[(FixedBytes + sentenceBytes)..];
        return true;
    }

    /// <summary>It goes into logs and onto terminals: nothing but letters comes through.</summary>
    public static string Printable(ReadOnlySpan<byte> text) => string.Create(
        null, $"{string.Concat(Encoding.UTF8.GetString(text).Select(c => char.IsControl(c) ? ' ' : c))}");
}
