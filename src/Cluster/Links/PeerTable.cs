using System.Collections.Concurrent;

namespace Warren.Cluster.Links;

/// <summary>
/// Whom a node knows: contacts by name, peers by identity. Changed under the lock of <see cref="PeerLinks"/>; peers are
/// looked up without it.
/// </summary>
internal sealed class PeerTable(PeerLinksSetup setup, RelayStreams streams)
{
    private readonly Dictionary<NodeName, PeerContact> _contacts = [];
    private readonly ConcurrentDictionary<NodeId, Peer> _peers = new();

    public IEnumerable<PeerContact> Contacts => _contacts.Values;

    public Peer? Find(NodeId id) => _peers.GetValueOrDefault(id);

    public PeerContact? FindContact(NodeName name) => _contacts.GetValueOrDefault(name);

    /// <summary>Another peer that had the name is returned: it is forgotten, as if it was removed.</summary>
    public Peer? Add(KnownPeer known)
    {
        Peer? namesake = FindContact(known.Name) is { } contact && !known.Id.IsNone && contact.Id != known.Id
            ? Remove(known.Name)
            : null;
        var pause = new DialPause(setup.Options, setup.Random);
        _contacts[known.Name] = new PeerContact(known, pause, setup.Time.GetTimestamp());
        if (known.Id.IsNone)
            return namesake;
        Peer peer = Meet(known.Id, known.Name);
        peer.Seen = peer.Seen.With(known.Seen);
        return namesake;
    }

    /// <summary>
    /// The peer of that name, if it was met, is returned. It stays in the table: how far it was seen is not forgotten.
    /// </summary>
    public Peer? Remove(NodeName name)
    {
        if (!_contacts.Remove(name, out PeerContact? contact) || Find(contact.Id) is not { } peer)
            return null;
        peer.IsRemoved = true;
        return peer;
    }

    /// <summary>The peer of that identity, which now has that name.</summary>
    public Peer Meet(NodeId id, NodeName name)
    {
        Peer peer = _peers.GetOrAdd(id, _ => new Peer(id, name, setup.Self, streams));
        peer.Name = name;
        peer.IsRemoved = false;
        if (FindContact(name) is { } contact)
            contact.Id = id;
        return peer;
    }

    /// <summary>A dial has come to nothing; true if for another reason than the last.</summary>
    public bool NoteRefusal(PeerContact contact, Refusal refusal)
    {
        if (Find(contact.Id) is { Link: null } peer)
            peer.IsNobodyThere = refusal.IsNobodyThere;
        return contact.NoteRefusal(refusal, setup.Time);
    }

    /// <summary>Links of members that reach this node, by identity. Any thread.</summary>
    public PeerLink[] RelaysTo(NodeId target) =>
        [
            .. _peers.Values
                .Where(peer => peer.Reaches?.Contains(target) == true)
                .OrderBy(peer => peer.Id)
                .Select(peer => peer.Link)
                .OfType<PeerLink>(),
        ];

    /// <summary>Tells all peers whom this node reaches. Under the lock, so that the last word is the latest.</summary>
    public void TellReachability()
    {
        PeerLink[] links = [.. _peers.Values.Where(peer => peer.Link is not null).Select(peer => peer.Link!)];
        byte[] body = ReachabilityBody.Make([.. links.Select(link => link.Peer.NodeId).Order()]);
        foreach (PeerLink link in links)
            link.SendReachability(body);
    }

    public List<PeerStatus> Status()
    {
        var named = _contacts.Values.Select(contact => (contact.Known.Name, Find(contact.Id), contact.Refusal));
        var others = _peers.Values
            .Where(peer => !peer.IsRemoved && FindContact(peer.Name)?.Id != peer.Id)
            .Select(peer => (peer.Name, (Peer?)peer, (Refusal?)null));
        return
        [
            .. named.Concat(others).Select(row => StatusOf(row.Item1, row.Item2, row.Item3))
                .OrderBy(status => status.Name.Value, StringComparer.Ordinal),
        ];
    }

    /// <summary>Pairs of nodes without a link, as far as this node has been told; each pair once.</summary>
    public List<(NodeName, NodeName)> UnreachablePairs(NodeName self)
    {
        var pairs = new HashSet<(string, string)>();
        void Add(NodeName one, NodeName other) => pairs.Add(
            string.CompareOrdinal(one.Value, other.Value) < 0
                ? (one.Value, other.Value)
                : (other.Value, one.Value));
        foreach (PeerContact contact in _contacts.Values)
        {
            if (Find(contact.Id)?.Link is null)
                Add(self, contact.Known.Name);
        }
        foreach (Peer peer in _peers.Values.Where(peer => peer is { Link: not null, Reaches: not null }))
        {
            foreach (PeerContact other in _contacts.Values.Where(other => !other.Id.IsNone && other.Id != peer.Id))
            {
                if (!peer.Reaches!.Contains(other.Id))
                    Add(peer.Name, other.Known.Name);
            }
        }
        return [.. pairs.Order().Select(pair => (Name(pair.Item1), Name(pair.Item2)))];
    }

    private static NodeName Name(string text) => NodeName.TryParse(text, out NodeName name) ? name : default;

    private static PeerStatus StatusOf(NodeName name, Peer? peer, Refusal? refusal)
    {
        bool isUp = peer?.Link is not null;
        return new PeerStatus
        {
            Name = name,
            Id = peer?.Id ?? default,
            IsUp = isUp,
            Reason = isUp ? null : refusal?.Sentence ?? peer?.EndReason,
            Refusal = isUp ? RefusalCode.None : refusal?.Code ?? RefusalCode.None,
            ClockAhead = peer?.Clock.Ahead,
            Seen = peer?.Seen ?? default,
            Heartbeat = isUp ? peer!.Heartbeat : null,
        };
    }
}
