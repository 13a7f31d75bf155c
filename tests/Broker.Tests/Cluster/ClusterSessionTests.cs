using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Tests.Cluster.Nodes;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>Sessions that the leader ends, and what it keeps of them.</summary>
public sealed class ClusterSessionTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);
    private readonly SimulatedNode _leader;
    private readonly SimulatedNode _other;
    private readonly SimulatedNode _third;

    public ClusterSessionTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _leader = _cluster.Leader!;
        _other = _cluster.Nodes.First(node => node != _leader);
        _third = _cluster.Nodes.Last(node => node != _leader);
    }

    [Fact]
    public void A_leader_in_one_term_sees_more_sessions_than_an_entry_has_room_for()
    {
        for (int round = 0; round < 300; round++)
        {
            Change($"v{round % 2}", isMade: round % 4 < 2);
            NodeSession session = SessionOfOther();
            Assert.True(EndSession(session));
            _cluster.Until(
                () => _leader.Broker!.Nodes.Sessions.TryGetValue(_other.Id, out NodeSession? next)
                    && next.Id != session.Id && _other.IsServing,
                what: "another session");
        }
        Assert.Equal(_leader, _cluster.Leader);
    }

    [Fact]
    public void A_session_whose_end_could_not_be_proposed_goes_on()
    {
        Change("first", isMade: true);
        // While it hands over its leadership a leader proposes nothing; to a node that does not hear it, it never does.
        _cluster.Network.Cut(_leader.Id, _third.Id);
        _cluster.Network.Cut(_other.Id, _third.Id);
        bool isProposed = true;
        bool isDone = false;
        _leader.Store.Post(new TurnEvent(() =>
        {
            Assert.True(_leader.Store.Group.TransferLeadership(_third.Id));
            isProposed = _leader.Store.Leader!.TryEndSession(_other.Id, SessionOfOther().Id);
            isDone = true;
        }));
        _cluster.Until(() => isDone, what: "the turn");
        Assert.False(isProposed);
        _cluster.Network.MendAll();
        Change("second", isMade: true);
    }

    [Fact]
    public void An_exclusive_queue_that_went_with_a_session_before_anybody_was_told_is_there_when_somebody_is()
    {
        SimulatedConnection client = _other.Connect();
        Expect(client, MethodId.ChannelOpenOk);
        _cluster.Until(() => _other.Store.HasLease, what: "a lease");
        // What it proposes is decided, and so is its session's end, before it hears of either.
        _other.Transport!.IsBehind = true;
        client.Send(new QueueDeclare("own", false, durable: false, exclusive: true, false, false, FieldTable.Empty));
        _cluster.Until(() => _leader.Has("own"), what: "the declaration");
        Assert.True(EndSession(SessionOfOther()));
        _cluster.Until(() => !_leader.Has("own"), what: "the session's end");
        _other.Transport.IsBehind = false;
        Expect(client, MethodId.QueueDeclareOk);
        Assert.True(_leader.Has("own") && _other.Has("own"));
        client.Send(new BasicGet("own", noAck: true));
        Expect(client, MethodId.BasicGetEmpty);
    }

    private void Expect(SimulatedConnection connection, uint method) => _cluster.Until(
        () => connection.Take().Exists(received => received.Method == method), mostSteps: 2000, what: $"{method:x}");

    private NodeSession SessionOfOther() => _leader.Broker!.Nodes.Sessions[_other.Id];

    private bool EndSession(NodeSession session)
    {
        bool? isProposed = null;
        _leader.Store.Post(new TurnEvent(
            () => isProposed = _leader.Store.Leader!.TryEndSession(session.Node, session.Id)));
        _cluster.Until(() => isProposed is not null, what: "the turn");
        return isProposed == true;
    }

    private void Change(string vhost, bool isMade)
    {
        Task changed = isMade
            ? _other.Broker!.Administration.Vhosts.AddAsync(vhost)
            : _other.Broker!.Administration.Vhosts.DeleteAsync(vhost);
        _cluster.Done(changed);
        Assert.True(changed.IsCompletedSuccessfully, $"{changed.Exception?.InnerException}");
    }
}
