using Warren.Broker.Queues.Replicated;
using Warren.Cluster.Groups;
using Warren.Storage;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>What a member has of a queue: what is live, what ends, and what a snapshot makes of it.</summary>
public sealed class QueueReplicaTests
{
    private readonly List<long> _ended = [];
    private readonly QueueReplica _replica;

    public QueueReplicaTests() => _replica = new QueueReplica(static () => 0, index => _ended.Add(index.Value));

    [Fact]
    public void Each_entry_that_ends_is_told_once()
    {
        Message(_replica, 1);
        Message(_replica, 2);
        Return(_replica, 3, of: 2);
        Return(_replica, 4, of: 2);
        Assert.Equal([3], _ended);
        // Up to the second.
        _replica.Apply(5, Position.None, [EntryKinds.Removal, 1, 1, 1], 0, []);
        Assert.Equal([1, 2, 3, 4], _ended.Order());
        Assert.Empty(Live(_replica));
    }

    [Fact]
    public void Live_entries_come_in_order_whatever_their_kind()
    {
        for (int index = 1; index <= 300; index++)
            Message(_replica, index);
        for (int index = 301; index <= 500; index++)
            Return(_replica, index, of: index - 300);
        for (int index = 501; index <= 700; index++)
            Return(_replica, index, of: index - 500);
        Assert.Equal([.. Enumerable.Range(1, 300), .. Enumerable.Range(501, 200)], Live(_replica));
        Assert.False(_replica.IsLive(400));
        Assert.True(_replica.IsLive(600));
    }

    [Fact]
    public void A_snapshot_s_replica_takes_the_place_of_what_was_there()
    {
        Message(_replica, 1);
        Message(_replica, 2);
        var staged = new QueueReplica(static () => 0);
        Message(staged, 2);
        Message(staged, 7);
        Return(staged, 9, of: 7);
        Message(staged, 10);
        staged.Remove(7);
        staged.Remove(9);
        staged.Remove(2);
        Assert.Equal([1, 2], Live(_replica));
        _replica.Become(staged);
        Assert.Equal([10], Live(_replica));
        // What has ended in the other was never its own.
        Assert.Empty(_ended);
    }

    [Fact]
    public void A_record_that_was_copied_is_found_where_it_is_now_and_no_other_is()
    {
        var before = new Position(1, 100);
        var after = new Position(2, 200);
        _replica.Apply(1, before, Meta(), 0, []);
        _replica.Move(new MovedEntry(new LogIndex(1), new Position(1, 50), after));
        Assert.Equal(before, _replica.RecordOf(1));
        _replica.Move(new MovedEntry(new LogIndex(1), before, after));
        Assert.Equal(after, _replica.RecordOf(1));
    }

    [Fact]
    public void What_has_departed_is_live_until_a_state_says_it_or_its_message_is_gone()
    {
        for (int index = 1; index <= 4; index++)
            Message(_replica, index);
        Depart(_replica, 5, number: 1, of: 2, 1000, 1001);
        Depart(_replica, 6, number: 2, of: 1, 1000);
        Assert.Equal([1, 2, 3, 4, 5, 6], Live(_replica));
        Assert.True(_replica.State.Departures.TryFind(2, out MessageDeparture departure));
        Assert.Equal((1, 2), (departure.Number, departure.Queues.Length));
        _replica.Apply(7, Position.None, [EntryKinds.Removal, 1, 2, 0], 0, []);
        Assert.False(_replica.State.Departures.TryFind(2, out _));
        byte[] state = _replica.State.Write();
        Depart(_replica, 8, number: 3, of: 3, 1002);
        _ended.Clear();
        // As of before the last departure: its leader knew of that, too.
        var known = QueueState.Read(state);
        known.Departures.Add(3, new MessageDeparture(3, [1002]));
        _replica.Apply(9, Position.None, [EntryKinds.State, .. known.Write()], 0, []);
        Assert.Equal([5, 6, 8], _ended);
        Assert.Equal([1, 3, 4, 9], Live(_replica));
        Assert.Equal([1, 3], _replica.State.Departures.All.Select(static one => one.Key).Order());
        Assert.Equal(3, _replica.State.Departures.Last);
        _replica.Move(new MovedEntry(new LogIndex(9), Position.None, new Position(1, 50)));
    }

    [Fact]
    public void Of_a_departure_whose_message_is_gone_the_number_is_left()
    {
        var staged = new QueueReplica(static () => 0);
        Message(staged, 2);
        Depart(staged, 5, number: 7, of: 1, 1000);
        Depart(staged, 6, number: 8, of: 2, 1000);
        Assert.False(staged.State.Departures.TryFind(1, out _));
        Assert.True(staged.State.Departures.TryFind(2, out _));
        staged.Remove(6);
        staged.Remove(2);
        Assert.Equal([5], Live(staged));
        Assert.Equal(0, staged.State.Departures.Count);
        _replica.Become(staged);
        Assert.Equal([5], Live(_replica));
        Assert.Equal(8, _replica.State.Departures.Last);
        var state = new QueueState();
        state.Departures.Add(1, new MessageDeparture(9, [1000]));
        _replica.Apply(10, Position.None, [EntryKinds.State, .. state.Write()], 0, []);
        Assert.Equal((0, 9), (_replica.State.Departures.Count, _replica.State.Departures.Last));
    }

    [Fact]
    public void A_departure_to_very_many_queues_comes_back_whole()
    {
        var many = new MessageDeparture(3, [.. Enumerable.Range(1000, 9000).Select(static id => (long)id)]);
        var state = new QueueState();
        state.Departures.Add(5, many);
        state.Departures.Add(6, new MessageDeparture(4, [1]));
        QueueState read = QueueState.Read(state.Write());
        Assert.True(read.Departures.TryFind(5, out MessageDeparture back));
        Assert.Equal(many.Queues.AsEnumerable(), back.Queues);
        Assert.Equal((2, 4), (read.Departures.Count, read.Departures.Last));
        Assert.Equal(2, read.Copy().Departures.Count);
    }

    // Without envelope, properties and body.
    private static byte[] Meta() => [EntryKinds.Message, 0, 0, 0, 0];

    private static void Message(QueueReplica replica, long index) =>
        replica.Apply(index, Position.None, Meta(), 0, []);

    private static void Return(QueueReplica replica, long index, int of) => replica.Apply(
        index, Position.None, [EntryKinds.Return, .. Number(of), 1], 0, []);

    private static void Depart(
        QueueReplica replica, long index, long number, long of, params ReadOnlySpan<long> queues)
    {
        var meta = new List<byte> { EntryKinds.Departure };
        MessageDepartures.WriteRecords(meta, of, new MessageDeparture(number, [.. queues]));
        replica.Apply(index, Position.None, [.. meta], 0, []);
    }

    private static byte[] Number(int value) =>
        value < 128 ? [(byte)value] : [(byte)(value | 128), (byte)(value >> 7)];

    private static List<int> Live(QueueReplica replica)
    {
        var live = new List<int>();
        long after = 0;
        while (replica.TryNextLive(after, out LiveEntry entry))
            live.Add((int)(after = entry.Index.Value));
        return live;
    }
}
