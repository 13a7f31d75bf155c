using System.Buffers;

namespace Warren.Cluster.Links;

/// <summary>
/// Sends frames to one node that this node does not reach, through one that reaches both. Everything between two
/// changes of the way is one stream: numbered without a gap, through one relay. Streams never overlap: a new one is
/// begun only when the one before is given up, and what is then still under way the target refuses.
/// Invariant: while there is a direct link no stream is open.
/// </summary>
internal sealed class RelaySender(NodeId self, long boot, NodeId target, RelayStreams streams)
{
    private readonly Lock _lock = new();
    private PeerLink? _relay;
    private NodeId _avoided;
    private long _stream;
    private long _number;
    private bool _isDirect;

    /// <summary>
    /// Sends through the stream's relay, or begins a stream through the first of the candidates. False if there is
    /// none, its queue is full, or there is a direct link now.
    /// </summary>
    public bool TrySend(ReadOnlySpan<PeerLink> candidates, ushort kind, ReadOnlySpan<byte> body)
    {
        byte[] relayed = ArrayPool<byte>.Shared.Rent(RelayHeader.SizeBytes + body.Length);
        try
        {
            body.CopyTo(relayed.AsSpan(RelayHeader.SizeBytes));
            lock (_lock)
            {
                if (_isDirect || !EnsureRelay(candidates))
                    return false;
                new RelayHeader(target, self, boot, _stream, _number + 1, kind).Write(relayed);
                bool isSent = _relay!.TrySendAny(
                    LinkClass.Control, LinkKind.Relayed, relayed.AsSpan(0, RelayHeader.SizeBytes + body.Length));
                _number += isSent ? 1 : 0;
                return isSent;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(relayed);
        }
    }

    /// <summary>A direct link begins or has ended.</summary>
    public void SetDirect(bool isDirect)
    {
        lock (_lock)
        {
            _isDirect = isDirect;
            _relay = null;
        }
    }

    /// <summary>The relay or the target did not take the stream: the next frame begins another.</summary>
    public void Refused(long refusedBoot, long refusedStream)
    {
        lock (_lock)
        {
            if (refusedBoot != boot || refusedStream != _stream || _relay is null)
                return;
            _avoided = _relay.Peer.NodeId;
            _relay = null;
        }
    }

    private bool EnsureRelay(ReadOnlySpan<PeerLink> candidates)
    {
        if (_relay is { EndReason: null })
            return true;
        _relay = null;
        foreach (PeerLink candidate in candidates)
        {
            if (candidate.EndReason is not null || (_relay is not null && _relay.Peer.NodeId != _avoided))
                continue;
            _relay = candidate;
        }
        if (_relay is null)
            return false;
        _stream = streams.Begin();
        _number = 0;
        return true;
    }
}
