using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;

namespace Warren.Cluster.Tests.Consensus;

/// <summary>
/// The nodes of a script and what is on its way between them. Nothing moves by itself; every step that shows is told.
/// </summary>
internal sealed class ScriptedCluster
{
    private const int MostRounds = 1000;

    private readonly SortedDictionary<byte, ScriptedNode> _nodes = [];
    private readonly List<Link> _links = [];
    private readonly List<string> _trace = [];
    private bool _isQuiet;

    public RaftOptions Options { get; set; } = new();

    public int ChunkBytes { get; set; } = 1000;

    public static NodeId Id(byte number)
    {
        byte[] bytes = new byte[16];
        bytes[0] = number;
        return new NodeId(new Guid(bytes));
    }

    public ScriptedNode this[byte number] =>
        _nodes.TryGetValue(number, out ScriptedNode? node) ? node
            : throw new InvalidOperationException($"there is no node {number}");

    public void Add(byte number, Membership members)
    {
        var node = new ScriptedNode(Id(number), this);
        node.Found(members);
        _nodes.Add(number, node);
        node.Start();
    }

    public void Tell(string text)
    {
        if (!_isQuiet)
            _trace.Add("> " + text);
    }

    public IEnumerable<string> TakeTrace()
    {
        var trace = _trace.ToList();
        _trace.Clear();
        return trace;
    }

    public void Send(NodeId from, Outgoing outgoing) =>
        Send(from, outgoing.To, TraceText.Of(outgoing.Message), outgoing.Message);

    /// <summary>Everything that a node has to do now is taken, and told; its disk is not done with it.</summary>
    public void TakeReadys(IEnumerable<byte> numbers)
    {
        foreach (byte number in numbers)
        {
            while (this[number].TakeReady())
                continue;
        }
    }

    public void Beat(byte number)
    {
        foreach (byte other in _nodes.Keys)
        {
            if (this[number].Running.TryHeartbeat(Id(other), out Heartbeat heartbeat))
                Send(Id(number), Id(other), TraceText.Of(heartbeat), heartbeat);
        }
    }

    /// <summary>Brings what one node has sent to another, or to all; true if there was something.</summary>
    public bool Deliver(byte from, byte? to) => Take(from, to, "", (link, node) =>
    {
        if (node.Node is not null)
            Arrive(link.From, link.To, node, link.Content);
    });

    public void Drop(byte from, byte? to) => Take(from, to, ", lost", (_, _) => { });

    /// <summary>The next chunk on its way arrives with one bit wrong.</summary>
    public void DamageChunk(byte from, byte to)
    {
        int place = _links.FindIndex(
            link => link.From == Id(from) && link.To == Id(to) && link.Content is SnapshotChunk);
        var chunk = (SnapshotChunk)_links[place].Content;
        byte[] bytes = chunk.Bytes.ToArray();
        bytes[0] ^= 1;
        RaftMessage damaged = chunk with { Bytes = bytes };
        _links.RemoveAt(place);
        Send(Id(from), Id(to), TraceText.Of(damaged), damaged);
    }

    /// <summary>
    /// Until nothing is left to do between these nodes: take, sync, deliver. The others hear nothing.
    /// </summary>
    public void Run(byte[] numbers, bool isQuiet)
    {
        _isQuiet = isQuiet;
        bool isBusy = true;
        for (int round = 0; isBusy; round++)
        {
            if (round > MostRounds)
                throw new InvalidOperationException("the nodes do not come to rest");
            isBusy = false;
            foreach (byte number in numbers.Where(number => this[number].Node is not null))
            {
                while (this[number].TakeReady())
                    isBusy = true;
                isBusy |= this[number].HasWork;
                this[number].Sync();
                TakeReadys([number]);
            }
            foreach (byte from in numbers)
            {
                foreach (byte to in numbers)
                    isBusy |= Deliver(from, to);
            }
        }
        _isQuiet = false;
    }

    private void Send(NodeId from, NodeId to, string text, object content) =>
        _links.Add(new Link(from, to, text, content));

    private void Arrive(NodeId from, NodeId to, ScriptedNode node, object content)
    {
        switch (content)
        {
            case RaftMessage message:
                node.Running.Step(from, message);
                break;
            case Heartbeat heartbeat:
                HeartbeatAnswer answer = node.Running.Step(from, heartbeat);
                Send(to, from, TraceText.Of(answer), answer);
                break;
            case HeartbeatAnswer heard:
                node.Running.Step(from, heard);
                break;
        }
    }

    private bool Take(
        byte from, byte? to, string suffix,
        Action<Link, ScriptedNode> use)
    {
        var taken = _links.Where(link => link.From == Id(from) && (to is null || link.To == Id(to.Value))).ToList();
        _links.RemoveAll(taken.Contains);
        foreach (Link link in taken)
        {
            Tell($"{TraceText.Of(link.From)} to {TraceText.Of(link.To)}: {link.Text}{suffix}");
            use(link, this[link.To.Value.ToByteArray()[0]]);
        }
        return taken.Count > 0;
    }

    /// <summary>A message on its way.</summary>
    private readonly record struct Link(NodeId From, NodeId To, string Text, object Content);
}
