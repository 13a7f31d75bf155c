using System.Buffers.Binary;
using Warren.Cluster;
using Warren.Cluster.Links;

namespace Warren.Fuzz.Targets;

/// <summary>
/// Frames on a peer link. Damaged ones never pass, and what passes was sealed; bodies of the links' own kinds are read
/// whatever is in them, and written again as they were.
/// </summary>
public sealed class PeerFramesTarget : FuzzTarget
{
    private const ulong Salt = 0x0123456789ABCDEF;

    /// <inheritdoc/>
    public override string Name => "peer-frames";

    /// <inheritdoc/>
    public override byte[] MakeValid(Random random)
    {
        List<byte> frames = [];
        for (int count = random.Next(1, 4); count > 0; count--)
        {
            byte[] body = Body(random);
            byte[] frame = new byte[LinkFrame.HeaderBytes + body.Length];
            LinkFrame.WriteHeader(frame, (LinkClass)random.Next(6), (ushort)random.Next(6), body.Length);
            body.CopyTo(frame, LinkFrame.HeaderBytes);
            frames.AddRange(frame);
        }
        byte[] all = [.. frames];
        LinkFrame.Seal(all, Salt, 0);
        return all;
    }

    /// <inheritdoc/>
    public override void Check(byte[] input)
    {
        CheckBody(input);
        ReadOnlySpan<byte> rest = input;
        byte[] sealedAgain = new byte[input.Length];
        for (uint number = 0; ; number++)
        {
            LinkFrameStatus status = LinkFrame.TryRead(rest, Salt, number, out LinkFrameHeader header);
            if (status != LinkFrameStatus.Complete)
                return;
            FuzzException.Unless(header.SizeBytes <= rest.Length, "a frame is longer than what came");
            ReadOnlySpan<byte> frame = rest[..header.SizeBytes];
            frame.CopyTo(sealedAgain);
            LinkFrame.Seal(sealedAgain.AsSpan(0, frame.Length), Salt, number);
            FuzzException.Unless(frame.SequenceEqual(sealedAgain.AsSpan(0, frame.Length)), "a frame has another seal");
            CheckBody(frame[LinkFrame.HeaderBytes..]);
            rest = rest[header.SizeBytes..];
        }
    }

    // Each kind of body; the mutations of whole frames would be stopped by the checksum.
    private static void CheckBody(ReadOnlySpan<byte> body)
    {
        Span<byte> again = stackalloc byte[Math.Max(RelayHeader.SizeBytes, PeerHeartbeat.SizeBytes)];
        if (PeerHeartbeat.TryRead(body, out PeerHeartbeat heartbeat))
        {
            heartbeat.Write(again);
            int bytes = body.Length < PeerHeartbeat.SizeBytes ? PeerHeartbeat.LeastBytes : PeerHeartbeat.SizeBytes;
            FuzzException.Unless(body.StartsWith(again[..bytes]), "a heartbeat changes");
        }
        if (RelayHeader.TryRead(body, out RelayHeader relay))
        {
            relay.Write(again);
            FuzzException.Unless(body.StartsWith(again[..RelayHeader.SizeBytes]), "a relayed frame's head changes");
        }
        RelayHeader.TryReadRefused(body, out _);
        if (ReachabilityBody.TryRead(body, out HashSet<NodeId> nodes))
            FuzzException.Unless(nodes.Count <= ReachabilityBody.MostNodes, "more nodes than a frame may name");
        ReadOnlySpan<byte> verdict = body;
        if (VerdictBody.TryRead(ref verdict, out Refusal? refusal) && refusal is not null)
            FuzzException.Unless(!refusal.Sentence.Any(char.IsControl), "a sentence can steer a terminal");
        ReadOnlySpan<byte> identity = body;
        IdentityBody.TryRead(ref identity, out _);
        Opening.TryRead(body, out _);
    }

    private static byte[] Body(Random random)
    {
        byte[] body = new byte[256];
        switch (random.Next(6))
        {
            case 0:
                new PeerHeartbeat(random.Next(), 2, 3, 4, 5, 6, 7, 8).Write(body);
                return body[..(random.Next(2) == 0 ? PeerHeartbeat.LeastBytes : PeerHeartbeat.SizeBytes)];
            case 1:
                new RelayHeader(new NodeId(Guid.Empty), new NodeId(Guid.Empty), 1, 2, 3, 4).Write(body);
                return body;
            case 2:
                return ReachabilityBody.Make([.. Enumerable.Range(1, random.Next(1, 8)).Select(Node)]);
            case 3:
                return body[..VerdictBody.Write(body, new Refusal(RefusalCode.Declined, Samples.Text(random, 20)))];
            case 4:
                BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(1), random.NextInt64());
                return body[..9];
            default:
                return Samples.Bytes(random, 60);
        }
    }

    private static NodeId Node(int number)
    {
        Span<byte> bytes = stackalloc byte[NodeId.SizeBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return NodeId.Read(bytes);
    }
}
