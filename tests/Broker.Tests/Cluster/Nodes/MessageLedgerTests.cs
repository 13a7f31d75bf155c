using Xunit;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>What may bring back a message that a client of another node has acknowledged.</summary>
public sealed class MessageLedgerTests
{
    private const string Queue = "m0";
    private const int StoredSteps = 1800;
    private const int DownSteps = 195;

    private readonly SimulatedCluster _cluster = new SimulatedCluster(founders: 2).StartAll();
    private readonly MessageLedger _ledger;
    private readonly SentMessage _message;

    public MessageLedgerTests()
    {
        _ledger = new MessageLedger(_cluster);
        _ledger.Homes.Add(Queue, Home);
        _message = _ledger.Sent("p", 1, long.MaxValue, 0, Queue);
        Steps(1);
    }

    private SimulatedNode Home => _cluster[1];

    private SimulatedNode Taker => _cluster[2];

    [Fact]
    public void A_crash_of_the_home_brings_back_what_it_has_hardly_got()
    {
        Take();
        CrashHome();
        Arrive();
    }

    [Fact]
    public void A_crash_of_the_home_does_not_bring_back_what_is_on_its_disk()
    {
        Take();
        Steps(StoredSteps);
        CrashHome();
        Assert.Contains("had acknowledged", Assert.Throws<NodesException>(() => Arrive()).Message);
    }

    [Fact]
    public void Nothing_brings_it_back_while_all_is_well()
    {
        Take();
        Steps(DownSteps);
        Assert.Throws<NodesException>(() => Arrive());
    }

    [Fact]
    public void What_came_from_a_process_that_had_crashed_comes_back_however_late()
    {
        Home.Crash();
        Take();
        Steps(DownSteps);
        Home.Start();
        Steps(StoredSteps);
        Arrive();
    }

    [Fact]
    public void What_is_acknowledged_again_is_not_on_the_disk_because_it_once_was()
    {
        Take();
        Steps(StoredSteps);
        _cluster.SetCut(Taker, isCut: true);
        Steps(StoredSteps);
        _cluster.SetCut(Taker, isCut: false);
        Steps(1);
        Take();
        CrashHome();
        Arrive();
    }

    private void Take()
    {
        (int, int) crashes = _ledger.CrashesOf(Taker, Queue);
        MessageCopy copy = Arrive();
        _ledger.Settle(copy, rejects: false);
        _ledger.Taken(Queue, copy, Taker, _cluster.Network.Now, crashes);
        Steps(1);
    }

    private MessageCopy Arrive()
    {
        bool isRedelivered = _message.Copies[Queue].IsDelivered;
        return _ledger.Arrived(Queue, _message.Text, isRedelivered, "a client", Taker).Copy;
    }

    private void CrashHome()
    {
        Home.Crash();
        Steps(DownSteps);
        Home.Start();
    }

    private void Steps(int count)
    {
        for (; count > 0; count--)
        {
            _cluster.Network.Step();
            _ledger.NoteStored();
        }
    }
}
