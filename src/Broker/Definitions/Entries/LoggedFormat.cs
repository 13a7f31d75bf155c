using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Warren.Broker.Definitions.Entries;

/// <summary>
/// Entries as they are in the log (docs/formats/definitions.md), big-endian:
/// <code>
///   | 3 | 0 | expected 8 | session 8 | number 8 | n | n times: session 8, number 8 | entry, see EntryFormat |
/// </code>
/// What is older has the entry alone, whose version is 1 or 2.
/// </summary>
internal static class LoggedFormat
{
    public const byte Version = 3;

    /// <summary>The envelope without the numbers of sessions.</summary>
    public const int HeadBytes = 1 + 1 + 8 + 8 + 8 + 1;

    private const int SessionAt = 10;
    private const int NumberAt = 18;
    private const int CountAt = 26;
    private const int NumberBytes = 8 + 8;

    /// <summary>The whole in one piece.</summary>
    public static byte[] Write(in LoggedEntry logged)
    {
        byte[] entry = EntryFormat.Write(logged.Entry);
        byte[] bytes = new byte[HeadBytes + (logged.Numbers.Length * NumberBytes) + entry.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(2), logged.Expected);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(SessionAt), logged.Session);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(NumberAt), logged.Number);
        WriteNumbers(bytes, logged.Numbers);
        entry.CopyTo(bytes, bytes.Length - entry.Length);
        return bytes;
    }

    /// <summary>The same entry with other numbers of sessions: a proposal has none, its leader adds them.</summary>
    public static byte[] WithNumbers(ReadOnlySpan<byte> logged, ImmutableArray<SessionNumber> numbers)
    {
        ReadOnlySpan<byte> entry = logged[EnvelopeBytes(logged)..];
        byte[] bytes = new byte[HeadBytes + (numbers.Length * NumberBytes) + entry.Length];
        logged[..HeadBytes].CopyTo(bytes);
        WriteNumbers(bytes, numbers);
        entry.CopyTo(bytes.AsSpan(bytes.Length - entry.Length));
        return bytes;
    }

    /// <summary>Whose it is; false if it has no envelope.</summary>
    public static bool TryReadOrigin(ReadOnlySpan<byte> logged, out SessionNumber origin)
    {
        origin = default;
        if (logged.Length < HeadBytes || logged[0] != Version)
            return false;
        origin = new SessionNumber(
            BinaryPrimitives.ReadInt64BigEndian(logged[SessionAt..]),
            BinaryPrimitives.ReadInt64BigEndian(logged[NumberAt..]));
        return true;
    }

    /// <summary>Bytes before the entry's tables: they are always in the record's meta.</summary>
    public static int MetaBytes(ReadOnlySpan<byte> logged) => EnvelopeBytes(logged) + EntryFormat.HeadBytes;

    /// <summary>Reads what <see cref="Write"/> made, or an entry from before.</summary>
    /// <param name="meta">The record's meta.</param>
    /// <param name="body">The entry's tables; empty if they are in the meta.</param>
    /// <exception cref="FormatException">It is of another version, or damaged, or names what is not known.</exception>
    public static LoggedEntry Read(ReadOnlySpan<byte> meta, ReadOnlySpan<byte> body)
    {
        if (meta.IsEmpty || meta[0] != Version)
            return LoggedEntry.Old(ReadEntry(meta, body));
        if (meta.Length < HeadBytes || meta.Length < EnvelopeBytes(meta))
            throw new FormatException($"ends after {meta.Length} bytes");
        var numbers = ImmutableArray.CreateBuilder<SessionNumber>(meta[CountAt]);
        for (int place = 0; place < meta[CountAt]; place++)
        {
            ReadOnlySpan<byte> number = meta[(HeadBytes + (place * NumberBytes))..];
            numbers.Add(new SessionNumber(
                BinaryPrimitives.ReadInt64BigEndian(number), BinaryPrimitives.ReadInt64BigEndian(number[8..])));
        }
        TryReadOrigin(meta, out SessionNumber origin);
        return new LoggedEntry(
            ReadEntry(meta[EnvelopeBytes(meta)..], body), BinaryPrimitives.ReadInt64BigEndian(meta[2..]),
            origin.Session, origin.Number, numbers.MoveToImmutable());
    }

    private static DefinitionsEntry ReadEntry(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> body)
    {
        int headBytes = Math.Min(EntryFormat.HeadBytes, entry.Length);
        return EntryFormat.Read(entry[..headBytes], body.IsEmpty ? entry[headBytes..] : body);
    }

    private static int EnvelopeBytes(ReadOnlySpan<byte> logged) => HeadBytes + (logged[CountAt] * NumberBytes);

    private static void WriteNumbers(Span<byte> bytes, ImmutableArray<SessionNumber> numbers)
    {
        bytes[CountAt] = checked((byte)numbers.Length);
        for (int place = 0; place < numbers.Length; place++)
        {
            Span<byte> number = bytes[(HeadBytes + (place * NumberBytes))..];
            BinaryPrimitives.WriteInt64BigEndian(number, numbers[place].Session);
            BinaryPrimitives.WriteInt64BigEndian(number[8..], numbers[place].Number);
        }
    }
}
