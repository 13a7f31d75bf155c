using System.Collections.Concurrent;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Cluster.Tests.Peers;

/// <summary>Writes down what a part of a node hears.</summary>
internal sealed class RecordingUser(string name, ConcurrentQueue<string> told) : IPeerUser
{
    private int _frames;
    private long _bytes;

    public int Frames => Volatile.Read(ref _frames);

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>What the wall clock of the node showed that was heard of last, ms.</summary>
    public long WallClockMs { get; private set; }

    /// <summary>How long that node's oldest unfinished sync has been under way, ms.</summary>
    public int SyncAgeMs { get; private set; }

    public int Rooms { get; private set; }

    public ConcurrentQueue<(NodeId From, LinkClass Class, ushort Kind)> Got { get; } = [];

    public void LinkUp(PeerIdentity peer) => told.Enqueue($"{name} up {peer.Name.Host}");

    public void LinkDown(PeerIdentity peer, LinkEnd end) => told.Enqueue($"{name} down {peer.Name.Host}");

    public void HeartbeatArrived(NodeId peer, in PeerHeartbeat heartbeat) =>
        (WallClockMs, SyncAgeMs) = (heartbeat.WallClockMs, heartbeat.SyncAgeMs);

    public void FrameArrived(in PeerFrame frame)
    {
        Got.Enqueue((frame.From, frame.Class, frame.Kind));
        Interlocked.Add(ref _bytes, frame.Body.Length);
        Interlocked.Increment(ref _frames);
        frame.Credit.Return();
    }

    public void RoomAgain(NodeId peer, LinkClass linkClass) => Rooms++;
}
