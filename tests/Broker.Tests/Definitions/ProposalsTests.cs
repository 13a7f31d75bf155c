using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Definitions.Nodes;
using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

/// <summary>How proposals go to another node that leads.</summary>
public sealed class ProposalsTests : IPeers
{
    private static readonly DefinitionsEntry Large = new GlobalParameterEntry(
        "large", FieldValue.Of(new string('x', 10 * DefinitionsFrame.MostPieceBytes)));

    private readonly List<int> _offsets = [];
    private int _room;

    NodeId IPeers.Self => Samples.Node(1);

    long IPeers.Process => 1;

    bool IPeers.IsUp(NodeId peer) => true;

    void IPeers.Close(NodeId peer, string reason) => Assert.Fail(reason);

    bool IPeers.TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        if (_room == 0)
            return false;
        _room--;
        _offsets.Add(BinaryPrimitives.ReadInt32BigEndian(body[20..]));
        return true;
    }

    void IPeers.Register(ushort firstKind, IPeerUser user)
    {
    }

    [Fact]
    public void One_that_is_larger_than_the_room_goes_in_parts()
    {
        Proposals proposals = WithLarge();
        for (int round = 0; round < 4; round++)
        {
            _room = 3;
            proposals.SendTo(Samples.Node(2), this);
            Assert.Equal(round < 3, proposals.IsBetweenPieces);
        }
        Assert.False(proposals.TryPeekUnsent(out _));
        Assert.Equal(Enumerable.Range(0, 11).Select(piece => piece * DefinitionsFrame.MostPieceBytes), _offsets);
    }

    [Fact]
    public void One_of_which_a_part_may_be_lost_begins_anew()
    {
        Proposals proposals = WithLarge();
        _room = 3;
        proposals.SendTo(Samples.Node(2), this);
        proposals.SendAgain();
        Assert.False(proposals.IsBetweenPieces);
        _room = 1;
        proposals.SendTo(Samples.Node(3), this);
        Assert.Equal(0, _offsets[^1]);
    }

    private static Proposals WithLarge()
    {
        var proposals = new Proposals();
        proposals.Add(new Proposal(Large, 0, 1, proposals.NextNumber(), null));
        return proposals;
    }
}
