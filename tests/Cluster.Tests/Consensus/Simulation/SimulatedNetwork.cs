using Warren.Cluster.Consensus.Messages;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>
/// Carries messages as bytes; loses, doubles and delays them, so that they overtake each other, and lets nothing
/// through where it is cut.
/// </summary>
internal sealed class SimulatedNetwork(Random random)
{
    private readonly PriorityQueue<Packet, (long Time, long Number)> _packets = new();
    private readonly HashSet<(NodeId From, NodeId To)> _cut = [];
    private readonly Dictionary<(NodeId From, NodeId To), long> _lastDue = [];
    private long _sent;

    public double Loss { get; set; }

    public double Doubling { get; set; }

    public int DelayMost { get; set; } = 4;

    public bool DamagesChunks { get; set; }

    /// <summary>What goes from one node to another from now on arrives in the order in which it was sent.</summary>
    public bool IsOrdered { get; set; }

    /// <summary>Messages that were sent and have not come.</summary>
    public IEnumerable<RaftMessage> OnTheirWay => _packets.UnorderedItems
        .Where(item => item.Element.Kind == PacketKind.Message)
        .Select(item => RaftMessageFormat.Read(item.Element.Bytes)!);

    public void Cut(NodeId from, NodeId to) => _cut.Add((from, to));

    public void Heal() => _cut.Clear();

    public void Send(NodeId from, NodeId to, RaftMessage message, long now)
    {
        byte[] bytes = new byte[RaftMessageFormat.SizeBytes(message)];
        RaftMessageFormat.Write(message, bytes);
        Send(new Packet(from, to, PacketKind.Message, bytes), now);
    }

    public void Send(NodeId from, NodeId to, in Heartbeat heartbeat, long now)
    {
        byte[] bytes = new byte[HeartbeatFormat.HeartbeatBytes];
        HeartbeatFormat.Write(heartbeat, bytes);
        Send(new Packet(from, to, PacketKind.Heartbeat, bytes), now);
    }

    public void Send(NodeId from, NodeId to, in HeartbeatAnswer answer, long now)
    {
        byte[] bytes = new byte[HeartbeatFormat.AnswerBytes];
        HeartbeatFormat.Write(answer, bytes);
        Send(new Packet(from, to, PacketKind.HeartbeatAnswer, bytes), now);
    }

    /// <summary>Lines of heartbeats, or of answers to them, of all groups.</summary>
    public void SendLines(NodeId from, NodeId to, PacketKind kind, ReadOnlySpan<byte> lines, long now) =>
        Send(new Packet(from, to, kind, lines.ToArray()), now);

    /// <summary>The next packet that is due.</summary>
    public bool TryReceive(long now, out Packet packet)
    {
        while (_packets.TryPeek(out packet, out (long Time, long Number) due) && due.Time <= now)
        {
            _packets.Dequeue();
            if (!_cut.Contains((packet.From, packet.To)))
                return true;
        }
        return false;
    }

    /// <summary>Any packet, due or not.</summary>
    public bool TryReceiveAny(out Packet packet)
    {
        packet = default;
        if (_packets.Count == 0)
            return false;
        var packets = _packets.UnorderedItems.OrderBy(item => item.Priority).ToList();
        packet = packets[random.Next(packets.Count)].Element;
        _packets.Remove(packet, out _, out _);
        return !_cut.Contains((packet.From, packet.To));
    }

    /// <summary>A message that came; a chunk's content may have suffered.</summary>
    public RaftMessage Open(Packet packet)
    {
        RaftMessage message = RaftMessageFormat.Read(packet.Bytes)
            ?? throw new SimulationException("a message does not come through its format");
        if (message is not SnapshotChunk { Bytes.Length: > 0 } chunk || !DamagesChunks || random.Next(4) != 0)
            return message;
        byte[] damaged = chunk.Bytes.ToArray();
        damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
        return chunk with { Bytes = damaged };
    }

    private void Send(Packet packet, long now)
    {
        if (_cut.Contains((packet.From, packet.To)) || random.NextDouble() < Loss)
            return;
        int copies = random.NextDouble() < Doubling ? 2 : 1;
        for (int copy = 0; copy < copies; copy++)
        {
            int delay = 1 + random.Next(random.Next(20) == 0 ? DelayMost * 10 : DelayMost);
            long due = now + delay;
            long last = Math.Max(due, _lastDue.GetValueOrDefault((packet.From, packet.To)));
            _lastDue[(packet.From, packet.To)] = last;
            due = IsOrdered ? last : due;
            _packets.Enqueue(packet, (due, ++_sent));
        }
    }
}
