using System.Buffers.Binary;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// What nodes say to each other of definitions, beside the group's own messages (docs/formats/definitions.md). All
/// numbers are big-endian.
/// </summary>
internal static class DefinitionsFrame
{
    /// <summary>A piece of a proposal: session 8, number 8, size of the whole 4, offset 4, bytes.</summary>
    public const ushort Proposal = PeerFrameKind.FirstOfDefinitions;

    /// <summary>A node wants a session: boot 8, epoch 8.</summary>
    public const ushort WantsSession = PeerFrameKind.FirstOfDefinitions + 1;

    /// <summary>How far a node is, and whom it hears: <see cref="NodeWord"/>.</summary>
    public const ushort Status = PeerFrameKind.FirstOfDefinitions + 2;

    public const int ProposalHeadBytes = 8 + 8 + 4 + 4;

    /// <summary>Of a proposal in one frame, so that several fit what a link takes at once.</summary>
    public const int MostPieceBytes = 32 * 1024;

    /// <summary>Of a whole proposal: far beyond what a client's frame can hold.</summary>
    public const int MostProposalBytes = 64 * 1024 * 1024;

    public static byte[] Piece(long session, long number, ReadOnlySpan<byte> whole, int offset)
    {
        int count = Math.Min(MostPieceBytes, whole.Length - offset);
        byte[] body = new byte[ProposalHeadBytes + count];
        BinaryPrimitives.WriteInt64BigEndian(body, session);
        BinaryPrimitives.WriteInt64BigEndian(body.AsSpan(8), number);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(16), whole.Length);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(20), offset);
        whole.Slice(offset, count).CopyTo(body.AsSpan(ProposalHeadBytes));
        return body;
    }

    public static byte[] Numbers(params ReadOnlySpan<long> numbers)
    {
        byte[] body = new byte[numbers.Length * 8];
        for (int place = 0; place < numbers.Length; place++)
            BinaryPrimitives.WriteInt64BigEndian(body.AsSpan(place * 8), numbers[place]);
        return body;
    }

    public static long Number(ReadOnlySpan<byte> body, int place) =>
        BinaryPrimitives.ReadInt64BigEndian(body[(place * 8)..]);

    /// <summary>The class of all of them: they go on while messages are stuck.</summary>
    public static LinkClass Class => LinkClass.Control;
}
