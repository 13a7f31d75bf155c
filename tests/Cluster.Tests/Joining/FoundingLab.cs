namespace Warren.Cluster.Joining;

/// <summary>Nodes that are about to found a cluster, their links, and what is on its way.</summary>
internal sealed class FoundingLab
{
    private readonly Random _random;
    private readonly bool _isListed;
    private readonly ClusterId[] _durable;
    private readonly Dictionary<(int From, int To), Queue<FoundingMessage>> _links = [];
    private readonly HashSet<int> _members = [];

    /// <param name="count">So many nodes.</param>
    /// <param name="random">What happens.</param>
    /// <param name="isListed">Most know at their start whom they are to be with.</param>
    public FoundingLab(int count, Random random, bool isListed = true)
    {
        _isListed = isListed;
        _random = random;
        _durable = new ClusterId[count];
        Ids = [.. Enumerable.Range(0, count).Select(_ => NewId(random))];
        Nodes = new Founding?[count];
        StartAll();
    }

    public NodeId[] Ids { get; }

    /// <summary>Null: it is down.</summary>
    public Founding?[] Nodes { get; }

    public List<ClusterId> Founded { get; } = [];

    /// <summary>Something happens.</summary>
    public void Step()
    {
        int one = _random.Next(Nodes.Length);
        int other = _random.Next(Nodes.Length);
        switch (_random.Next(24))
        {
            case 0:
                Stop(one);
                break;
            case 1 or 2 or 20:
                Start(one);
                break;
            case 3:
                Unlink(one, other);
                break;
            case 4 or 5 or 6:
                Link(one, other);
                break;
            case 21:
                List(one);
                break;
            case 22:
                // A name server still knows somebody who is gone.
                List(one, [.. Enumerable.Range(0, Nodes.Length + 1)]);
                break;
            case 23 when one != other && Nodes[one] is not null && !_links.ContainsKey((one, other)):
                // It was a member, and is blank when it comes.
                MeetMember(one, other);
                break;
            default:
                Deliver(_random.Next());
                break;
        }
    }

    public void StartAll()
    {
        for (int number = 0; number < Nodes.Length; number++)
            Start(number);
    }

    public void ListAll()
    {
        for (int number = 0; number < Nodes.Length; number++)
            List(number);
    }

    /// <summary>It finds out whom it is to be with, or asks again.</summary>
    public void List(int number, params int[] all)
    {
        if (Nodes[number] is not { } node)
            return;
        node.SetListed(
            (all.Length > 0 ? all : Enumerable.Range(0, Nodes.Length)).Select(FoundingTests.Name));
        Collect(number);
    }

    /// <summary>One has heard that another one is in a cluster.</summary>
    public void MeetMember(int one, int member)
    {
        Nodes[one]!.MeetMember(FoundingTests.Name(member), new ClusterId(Ids[member].Value));
        Collect(one);
    }

    /// <summary>One has met another one that is in no cluster, and does not run.</summary>
    public void MeetBlank(int one, int blank)
    {
        Nodes[one]!.MeetBlank(FoundingTests.Name(blank));
        Collect(one);
    }

    public void LinkAll()
    {
        for (int one = 0; one < Nodes.Length; one++)
        {
            for (int other = 0; other < one; other++)
                Link(other, one);
        }
    }

    public void Link(int one, int other)
    {
        // A member and a blank node do not link.
        if (one == other || _links.ContainsKey((one, other)) || Nodes[one] is null || Nodes[other] is null
            || _members.Contains(one) || _members.Contains(other))
            return;
        _links.Add((one, other), new Queue<FoundingMessage>());
        _links.Add((other, one), new Queue<FoundingMessage>());
        Nodes[one]!.LinkUp(FoundingTests.Name(other));
        Collect(one);
        Nodes[other]!.LinkUp(FoundingTests.Name(one));
        Collect(other);
    }

    public void DeliverAll()
    {
        while (Deliver(0))
        {
        }
    }

    public void Deliver() => Deliver(0);

    private static NodeId NewId(Random random)
    {
        byte[] bytes = new byte[16];
        random.NextBytes(bytes);
        return new NodeId(new Guid(bytes));
    }

    private void Start(int number)
    {
        if (Nodes[number] is not null)
            return;
        Nodes[number] = new Founding(Ids[number], FoundingTests.Name(number), _durable[number]);
        // Some find out later whom they are to be with.
        if (_isListed && _random.Next(3) > 0)
            List(number);
        Collect(number);
    }

    private void Stop(int number)
    {
        for (int other = 0; other < Nodes.Length; other++)
            Unlink(number, other);
        Nodes[number] = null;
    }

    private void Unlink(int one, int other)
    {
        if (!_links.Remove((one, other)))
            return;
        _links.Remove((other, one));
        Nodes[one]!.LinkDown(FoundingTests.Name(other));
        Collect(one);
        Nodes[other]!.LinkDown(FoundingTests.Name(one));
        Collect(other);
    }

    private bool Deliver(int draw)
    {
        (int From, int To)[] full = [.. _links.Where(link => link.Value.Count > 0).Select(link => link.Key)];
        if (full.Length == 0)
            return false;
        (int from, int to) = full[draw % full.Length];
        Nodes[to]!.Receive(FoundingTests.Name(from), _links[(from, to)].Dequeue());
        Collect(to);
        return true;
    }

    private void Collect(int number)
    {
        Founding node = Nodes[number]!;
        if (_members.Contains(number))
            return;
        _durable[number] = node.Promised;
        if (node.MayFound)
        {
            Founded.Add(node.Own);
            _members.Add(number);
            for (int other = 0; other < Nodes.Length; other++)
                Unlink(number, other);
            return;
        }
        foreach ((NodeName to, FoundingMessage message) in node.TakeMessages())
        {
            int other = Enumerable.Range(0, Nodes.Length).First(one => FoundingTests.Name(one) == to);
            if (_links.TryGetValue((number, other), out Queue<FoundingMessage>? link))
                link.Enqueue(message);
        }
    }
}
