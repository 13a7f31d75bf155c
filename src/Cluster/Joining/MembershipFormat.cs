using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Warren.Cluster.Links;

namespace Warren.Cluster.Joining;

/// <summary>
/// Founding, joining and leaving as bytes (docs/formats/membership.md). What comes from a peer is checked; what does
/// not pass is nothing.
/// </summary>
public static class MembershipFormat
{
    /// <summary>Frame kinds, of the range that membership has.</summary>
    public const ushort FoundingKind = 0x0401;

    public const ushort RequestKind = 0x0402;

    public const ushort AnswerKind = 0x0403;

    /// <summary>A request that a member hands to the leader; 8 bytes before it are its number.</summary>
    public const ushort ForwardedRequestKind = 0x0404;

    /// <summary>The answer, behind the number.</summary>
    public const ushort ForwardedAnswerKind = 0x0405;

    /// <summary>How is the node? 8 bytes of a number.</summary>
    public const ushort QuestionKind = 0x0406;

    /// <summary>How it is: the number, and JSON; empty: it does not say.</summary>
    public const ushort DescriptionKind = 0x0407;

    /// <summary>Raised when a node of another version could not read what is written.</summary>
    public const byte Version = 1;

    /// <summary>More members than a cluster ever has, and few enough for one frame.</summary>
    private const int MostMembers = 200;

    private const int MostReasonBytes = 2000;

    private const int FoundingBytes = 1 + 1 + 16 + 4;

    public static byte[] Write(FoundingMessage message)
    {
        byte[] bytes = new byte[FoundingBytes];
        bytes[0] = Version;
        bytes[1] = (byte)message.Kind;
        message.Cluster.Value.TryWriteBytes(bytes.AsSpan(2), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(18), message.Number);
        return bytes;
    }

    public static FoundingMessage? ReadFounding(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != FoundingBytes || bytes[0] != Version
            || !Enum.IsDefined((FoundingMessageKind)bytes[1]))
            return null;
        return new FoundingMessage(
            (FoundingMessageKind)bytes[1],
            new ClusterId(new Guid(bytes[2..18], bigEndian: true)),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[18..]));
    }

    /// <summary>What is asked or answered over links that serve many at once: behind a number of who asked.</summary>
    public static byte[] Numbered(long number, ReadOnlySpan<byte> body)
    {
        byte[] bytes = new byte[sizeof(long) + body.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        body.CopyTo(bytes.AsSpan(sizeof(long)));
        return bytes;
    }

    public static byte[] Write(MembershipRequest request)
    {
        var bytes = new List<byte> { Version, (byte)request.Kind };
        Add(bytes, request.Node);
        return [.. bytes];
    }

    public static MembershipRequest? ReadRequest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2 || bytes[0] != Version || !Enum.IsDefined((MembershipRequestKind)bytes[1]))
            return null;
        var kind = (MembershipRequestKind)bytes[1];
        bytes = bytes[2..];
        return TakeMember(ref bytes) is { } node && bytes.IsEmpty ? new MembershipRequest(kind, node) : null;
    }

    public static byte[] Write(MembershipAnswer answer)
    {
        var bytes = new List<byte> { Version, (byte)answer.Outcome };
        bytes.AddRange(answer.Cluster.Value.ToByteArray(bigEndian: true));
        Add(bytes, answer.Generation);
        byte[] reason = Encoding.UTF8.GetBytes(answer.Reason);
        AddText(bytes, reason.AsSpan(0, Math.Min(reason.Length, MostReasonBytes)));
        AddShort(bytes, answer.Members.Length);
        foreach (MemberRecord member in answer.Members)
            Add(bytes, member);
        return [.. bytes];
    }

    public static MembershipAnswer? ReadAnswer(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 26 || bytes[0] != Version || !Enum.IsDefined((MembershipOutcome)bytes[1]))
            return null;
        var outcome = (MembershipOutcome)bytes[1];
        var cluster = new ClusterId(new Guid(bytes[2..18], bigEndian: true));
        long generation = BinaryPrimitives.ReadInt64LittleEndian(bytes[18..]);
        bytes = bytes[26..];
        if (TakeText(ref bytes) is not { } reason || bytes.Length < 2)
            return null;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        bytes = bytes[2..];
        if (count > MostMembers || generation < 0)
            return null;
        var members = ImmutableArray.CreateBuilder<MemberRecord>(count);
        for (int at = 0; at < count; at++)
        {
            if (TakeMember(ref bytes) is not { } member)
                return null;
            members.Add(member);
        }
        return bytes.IsEmpty
            ? new MembershipAnswer
            {
                Outcome = outcome,
                Reason = reason,
                Cluster = cluster,
                Generation = generation,
                Members = members.MoveToImmutable(),
            }
            : null;
    }

    private static void Add(List<byte> bytes, MemberRecord member)
    {
        bytes.AddRange(member.Id.Value.ToByteArray(bigEndian: true));
        AddText(bytes, Encoding.ASCII.GetBytes(member.Name.Value));
        AddText(bytes, Encoding.UTF8.GetBytes(member.Address.Host));
        AddShort(bytes, member.Address.Port);
    }

    private static MemberRecord? TakeMember(ref ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < NodeId.SizeBytes)
            return null;
        NodeId id = NodeId.Read(bytes);
        bytes = bytes[NodeId.SizeBytes..];
        if (!NodeName.TryParse(TakeText(ref bytes), out NodeName name) || TakeText(ref bytes) is not { } host
            || bytes.Length < 2)
            return null;
        int port = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        bytes = bytes[2..];
        return id.IsNone || port == 0 || host.Length is 0 or > 255
            ? null
            : new MemberRecord(id, name, new PeerAddress(host, port));
    }

    private static void AddText(List<byte> bytes, ReadOnlySpan<byte> text)
    {
        AddShort(bytes, text.Length);
        bytes.AddRange(text);
    }

    private static string? TakeText(ref ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
            return null;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        if (length > MostReasonBytes || length > bytes.Length - 2)
            return null;
        string text = Encoding.UTF8.GetString(bytes.Slice(2, length));
        bytes = bytes[(2 + length)..];
        return text;
    }

    private static void AddShort(List<byte> bytes, int value)
    {
        Span<byte> two = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(two, checked((ushort)value));
        bytes.AddRange(two);
    }

    private static void Add(List<byte> bytes, long value)
    {
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        bytes.AddRange(eight);
    }
}
