using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

/// <summary>Who waits until a change is there to stay.</summary>
public sealed class SettlementTests
{
    private readonly Settlement _settlement = new();
    private readonly List<int> _answered = [];

    [Fact]
    public void Each_waits_for_what_he_has_seen_and_in_the_order_they_came()
    {
        _settlement.SettleTo(4);
        _settlement.WhenSettled(4, () => _answered.Add(4), null);
        // Nobody has announced it, as when a leader's snapshot brings it.
        _settlement.WhenSettled(9, () => _answered.Add(9), null);
        _settlement.WhenSettled(7, () => _answered.Add(7), null);
        Assert.Equal([4], _answered);
        _settlement.SettleTo(8);
        Assert.Equal([4], _answered);
        _settlement.SettleTo(9);
        Assert.Equal([4, 9, 7], _answered);
    }

    [Fact]
    public void What_is_settled_stays_it()
    {
        _settlement.Await(9);
        _settlement.SettleTo(9);
        _settlement.SettleTo(3);
        Assert.True(_settlement.IsSettled && _settlement.IsSettledTo(9));
        _settlement.Await(10);
        Assert.False(_settlement.IsSettled);
    }

    [Fact]
    public void Who_has_given_up_is_neither_kept_nor_answered()
    {
        var run = new PendingChange(new AnyChange(), 0);
        _settlement.WhenSettled(1, () => _answered.Add(1), run);
        _settlement.WhenSettled(1, () => _answered.Add(2), null);
        Assert.True(run.AwaitsSettlement);
        run.End();
        Assert.Equal(1, _settlement.Waiting);
        _settlement.SettleTo(1);
        Assert.Equal([2], _answered);
        Assert.Equal(0, _settlement.Waiting);
    }

    [Fact]
    public void A_removal_whose_outcome_is_not_known_takes_nothing_that_has_come_since()
    {
        using var node = new DefinitionsNode(new MemoryDisk());
        ExchangeEntry exchange = Samples.Exchange();
        node.Do(Samples.Vhost(), exchange, Samples.User());
        DefinitionsDraft draft = node.Store.NewDraft();
        DefinitionKey key = exchange.Key;
        long index = node.Store.State.IndexOf(key);
        Assert.True(index > 0);
        Proposal Removal(DefinitionKey removed, long expected) => new(new RemovalEntry(removed), expected, 1, 1, null);
        Assert.False(Removal(key, index).IsDone(draft, index));
        // Another one of the name.
        Assert.True(Removal(key, index - 1).IsDone(draft, index));
        Assert.True(Removal(key, index).IsDone(draft, 0));
        // A user whose tags were changed meanwhile is there still, and is to go.
        DefinitionKey user = Samples.User().Key;
        long userIndex = node.Store.State.IndexOf(user);
        Assert.False(Removal(user, userIndex - 1).IsDone(draft, userIndex));
    }

    private sealed class AnyChange : DefinitionsChange
    {
        internal override void Apply(DefinitionsStore store)
        {
        }
    }
}
