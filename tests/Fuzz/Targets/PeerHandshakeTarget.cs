using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Wire;

namespace Warren.Fuzz.Targets;

/// <summary>
/// What a stranger sends to the peer port: the listener ends, by a refusal or with the stream, and never believes it.
/// </summary>
public sealed class PeerHandshakeTarget : FuzzTarget
{
    private static readonly byte[] Cookie = "COOKIE"u8.ToArray();

    private readonly PeerIdentity _self = Identity(new Random(1));

    /// <inheritdoc/>
    public override string Name => "peer-handshake";

    /// <inheritdoc/>
    public override byte[] MakeValid(Random random)
    {
        byte[] opening = new byte[Opening.SizeBytes];
        new Opening(1, (ushort)random.Next(1, 4), (LinkPurpose)random.Next(1, 4)).Write(
            opening, Samples.Bytes(random, 32).Concat(new byte[32]).Take(32).ToArray());
        byte[] identity = new byte[HandshakeStream.MostPayloadBytes];
        int identityBytes = IdentityBody.Write(identity, Identity(random)) + Transcript.ProofBytes;
        return
        [
            .. HandshakeStream.Magic, 1, Opening.SizeBytes, 0, .. opening,
            2, (byte)identityBytes, (byte)(identityBytes >> 8), .. identity[..identityBytes],
        ];
    }

    /// <inheritdoc/>
    public override void Check(byte[] input)
    {
        using var stream = new OneWayStream(input);
        using var handshake = new Handshake(stream, Cookie, _self, new Opening(1, 2, LinkPurpose.Peer));
        Task<HandshakeResult> listening = handshake.ListenAsync((_, _) => null, (_, _) => null);
        FuzzException.Unless(listening.IsCompleted, "the handshake waits although the stream has ended");
        FuzzException.Unless(
            listening.Exception?.InnerException is RefusedException or EndOfStreamException,
            $"the handshake ends with {listening.Exception?.InnerException}");
        FuzzException.Unless(handshake.Peer is null, "somebody without the cookie is believed");
    }

    private static PeerIdentity Identity(Random random)
    {
        if (!NodeName.TryParse("rabbit@host" + random.Next(1000), out NodeName name))
            throw new InvalidOperationException("no name");
        byte[] id = new byte[NodeId.SizeBytes];
        random.NextBytes(id);
        return new PeerIdentity
        {
            ClusterId = NodeId.Read(id).Value,
            NodeId = NodeId.Read(id),
            Name = name,
            Boot = random.Next(),
            Process = random.NextInt64(),
        };
    }

    /// <summary>Gives the input and takes everything.</summary>
    private sealed class OneWayStream(byte[] input) : AsyncOnlyStream
    {
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = Math.Min(buffer.Length, input.Length - _at);
            input.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return ValueTask.FromResult(count);
        }

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
