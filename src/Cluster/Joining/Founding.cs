using System.Buffers.Binary;
using System.Text;
using Warren.Storage.Log;

namespace Warren.Cluster.Joining;

/// <summary>
/// How blank nodes that were given the same list of names come to one cluster and never to two: the lowest name of
/// those that reach each other asks for promises, and founds once a majority of the list, itself among them, has given
/// it theirs. A node promises itself to one founder at a time, durably; only that founder can let it go, which it does
/// when a lower name turns up before it has founded. The others join what was founded, as any node joins.
/// <para>Pure: no clock, no disk. The caller makes <see cref="Promised"/> durable before it sends what
/// <see cref="TakeMessages"/> gives, and <see cref="MayFound"/> the cluster's founding before anybody hears of it.
/// </para>
/// Invariants: two clusters are never founded from one list, since two majorities share a node, which would have had to
/// be promised to both. Who knows of a cluster that one of the list is in helps to found no other.
/// </summary>
public sealed class Founding
{
    private readonly NodeId _self;
    private readonly NodeName _name;
    private readonly Dictionary<NodeName, Contact> _contacts = [];
    private readonly Dictionary<NodeName, ClusterId> _members = [];
    private readonly List<(NodeName To, FoundingMessage Message)> _messages = [];
    private SortedSet<string> _listed = new(StringComparer.Ordinal);
    private uint? _digest;
    private uint _proposal;

    /// <summary>Nothing is decided before <see cref="SetListed"/>.</summary>
    /// <param name="self">This node, which is blank.</param>
    /// <param name="name">Its name; it counts as listed.</param>
    /// <param name="promised">What was durable when it started; none: nothing.</param>
    public Founding(NodeId self, NodeName name, ClusterId promised)
    {
        _self = self;
        _name = name;
        Promised = promised;
    }

    /// <summary>
    /// Whose founding this node waits for; its own id: it asks others for promises. To be kept across restarts.
    /// </summary>
    public ClusterId Promised { get; private set; }

    /// <summary>A majority has promised itself to this node: it founds <see cref="Own"/>.</summary>
    public bool MayFound => _digest is not null && IsProposing && !Differing.Any()
        && 1 + _contacts.Values.Count(contact => contact.HasPromised) >= Majority;

    /// <summary>The cluster that this node would found: it has its founder's id.</summary>
    public ClusterId Own => new(_self.Value);

    /// <summary>How many of the list are needed.</summary>
    public int Majority => (_listed.Count / 2) + 1;

    /// <summary>Linked, blank, and with another list: what an operator must mend.</summary>
    public IEnumerable<NodeName> Differing =>
        _contacts.Where(contact => contact.Value.Listed is { } listed && _digest is { } own && listed != own)
            .Select(contact => contact.Key);

    /// <summary>What it waits for, as a sentence without its end.</summary>
    public string Waiting
    {
        get
        {
            if (_members.Count > 0)
            {
                (NodeName member, ClusterId cluster) = _members.MinBy(one => one.Key.Value, StringComparer.Ordinal);
                return cluster.IsNone
                    ? $"waiting for {member}, which cannot say which cluster it is in: no other one is founded"
                    : $"waiting to be let in by {member}, which is in the cluster {cluster}: no other one is founded";
            }
            if (Differing.FirstOrDefault() is { Value: not null } other)
                return $"{other} was told of other nodes than {_name}: give all of them the same list";
            if (!Promised.IsNone && !IsProposing)
                return $"waiting for the node {Promised} to found the cluster";
            string[] missing = [.. _listed.Where(one => one != _name.Value && !IsAlike(one))];
            int there = _listed.Count - missing.Length;
            return there >= Majority
                ? "waiting for the other nodes' promises"
                : $"waiting for a majority of the {_listed.Count} nodes that were listed; {there} "
                    + $"{(there == 1 ? "is" : "are")} there, not {string.Join(", ", missing)}";
        }
    }

    private bool IsProposing => Promised == Own;

    /// <summary>The names that were configured or found, whenever they are others than before.</summary>
    public void SetListed(IEnumerable<NodeName> listed)
    {
        _listed = new SortedSet<string>(listed.Select(one => one.Value), StringComparer.Ordinal) { _name.Value };
        uint digest = DigestOf(_listed);
        if (digest == _digest)
            return;
        // Promises were given to who had the former list.
        if (_digest is not null && IsProposing)
            GiveUp();
        _digest = digest;
        foreach (NodeName gone in _members.Keys.Where(one => !_listed.Contains(one.Value)))
            _members.Remove(gone);
        SayHello();
        Decide();
    }

    /// <summary>
    /// A node has said that it is in a cluster, or that it cannot say whether it is in one (none). If it is listed this
    /// node founds none, and helps nobody to, until the other one is met as a blank node.
    /// </summary>
    public void MeetMember(NodeName member, ClusterId cluster)
    {
        if (!_listed.Contains(member.Value) || member == _name)
            return;
        _members[member] = cluster;
        if (IsProposing)
            GiveUp();
    }

    /// <summary>
    /// A node has proved that it is in no cluster, without a link: its broker does not run. It was a member, perhaps,
    /// and was reset since.
    /// </summary>
    public void MeetBlank(NodeName node)
    {
        if (!_members.Remove(node) || _members.Count > 0)
            return;
        // Proposals that were passed over are made again.
        SayHello();
        Decide();
    }

    /// <summary>
    /// The cluster that a node was met in, none: it could not say; null: it was not, or is blank by now.
    /// </summary>
    public ClusterId? FindMember(NodeName node) => _members.TryGetValue(node, out ClusterId found) ? found : null;

    /// <summary>A blank node is linked.</summary>
    public void LinkUp(NodeName peer)
    {
        _contacts[peer] = new Contact();
        bool isHelloDue = !_members.ContainsKey(peer) || _members.Count > 1;
        MeetBlank(peer);
        if (isHelloDue && _digest is not null)
            Send(peer, Hello());
    }

    /// <summary>Its link is gone, or it is blank no more.</summary>
    public void LinkDown(NodeName peer)
    {
        _contacts.Remove(peer);
        Decide();
    }

    public void Receive(NodeName from, FoundingMessage message)
    {
        if (!_contacts.TryGetValue(from, out Contact? contact))
            return;
        switch (message.Kind)
        {
            case FoundingMessageKind.Hello:
                contact.Listed = message.Number;
                contact.HasPromised = false;
                contact.IsAsked = false;
                // It waits for this node, which has given up, or which has been asked by nobody since it started.
                if (message.Cluster == Own && !IsProposing)
                    Send(from, new FoundingMessage(FoundingMessageKind.Release, Own));
                break;
            case FoundingMessageKind.Propose when _digest is not null && contact.Listed == _digest:
                Answer(from, message);
                break;
            case FoundingMessageKind.Promise when IsProposing && message.Number == _proposal:
                contact.HasPromised = true;
                break;
            case FoundingMessageKind.Release when message.Cluster == Promised && !IsProposing:
                SetPromised(ClusterId.None);
                break;
        }
        Decide();
    }

    /// <summary>To be sent when <see cref="Promised"/> is durable, in this order.</summary>
    public IReadOnlyList<(NodeName To, FoundingMessage Message)> TakeMessages()
    {
        if (_messages.Count == 0)
            return [];
        (NodeName, FoundingMessage)[] taken = [.. _messages];
        _messages.Clear();
        return taken;
    }

    private static uint DigestOf(SortedSet<string> names) =>
        Crc32C.Of(Encoding.ASCII.GetBytes(string.Join('\n', names)));

    // Listed, linked, blank, and told of the same nodes.
    private bool IsAlike(string name) =>
        NodeName.TryParse(name, out NodeName parsed)
        && _contacts.TryGetValue(parsed, out Contact? contact) && contact.Listed == _digest;

    private void Answer(NodeName from, FoundingMessage proposal)
    {
        if (_members.Count > 0 || (!Promised.IsNone && Promised != proposal.Cluster))
            return;
        SetPromised(proposal.Cluster);
        Send(from, proposal with { Kind = FoundingMessageKind.Promise });
    }

    private void Decide()
    {
        if (_digest is null || _members.Count > 0)
            return;
        string[] alike = [.. _listed.Where(IsAlike)];
        bool isLowest = alike.Length == 0 || string.CompareOrdinal(_name.Value, alike[0]) < 0;
        if (IsProposing && !isLowest)
        {
            GiveUp();
        }
        else if (Promised.IsNone && isLowest && 1 + alike.Length >= Majority)
        {
            SetPromised(Own);
            _proposal++;
        }
        if (!IsProposing)
            return;
        foreach (string name in alike)
        {
            _ = NodeName.TryParse(name, out NodeName peer);
            Contact contact = _contacts[peer];
            if (contact.IsAsked)
                continue;
            contact.IsAsked = true;
            Send(peer, new FoundingMessage(FoundingMessageKind.Propose, Own, _proposal));
        }
    }

    private void GiveUp()
    {
        SetPromised(ClusterId.None);
        foreach ((NodeName peer, Contact contact) in _contacts)
        {
            if (contact.IsAsked)
                Send(peer, new FoundingMessage(FoundingMessageKind.Release, Own));
            contact.HasPromised = contact.IsAsked = false;
        }
    }

    private void SetPromised(ClusterId cluster)
    {
        if (Promised == cluster)
            return;
        Promised = cluster;
        SayHello();
    }

    private void SayHello()
    {
        if (_digest is null)
            return;
        foreach (NodeName peer in _contacts.Keys)
            Send(peer, Hello());
    }

    private FoundingMessage Hello() => new(FoundingMessageKind.Hello, Promised, _digest!.Value);

    private void Send(NodeName to, FoundingMessage message) => _messages.Add((to, message));

    private sealed class Contact
    {
        /// <summary>Null until its hello has come.</summary>
        public uint? Listed { get; set; }

        public bool IsAsked { get; set; }

        public bool HasPromised { get; set; }
    }
}
