using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Definitions;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>How far ahead a queue's log says that messages may be handed out.</summary>
public sealed class FrontierTests
{
    private readonly Waiting _queue = new(2);
    private readonly Frontier _frontier = new([0, 0]);

    [Fact]
    public void It_is_raised_ahead_of_what_goes_next_and_counts_when_that_is_committed()
    {
        _queue.First = [1000, 0];
        Assert.True(_frontier.Raise(_queue, tail: 5000, nowMs: 0, isAnyway: false));
        // Of a priority of which nothing waits it is what comes next.
        Assert.Equal([1000 + Frontier.LeastAhead, 5000 + Frontier.LeastAhead], _frontier.Reserved);
        Assert.Equal([0, 0], _frontier.Allowed);
        _frontier.Propose(5001);
        _frontier.Commit(5000);
        Assert.Equal([0, 0], _frontier.Allowed);
        _frontier.Commit(5001);
        Assert.Equal(_frontier.Reserved, _frontier.Allowed);
    }

    [Fact]
    public void It_is_raised_again_when_half_of_it_has_gone_or_earlier_with_something_else()
    {
        _queue.First = [1, 1];
        Assert.True(_frontier.Raise(_queue, tail: 100_000, nowMs: 0, isAnyway: false));
        _queue.First = [1 + (Frontier.LeastAhead / 2), 1];
        Assert.False(_frontier.Raise(_queue, tail: 100_000, nowMs: 1000, isAnyway: false));
        Assert.True(_frontier.Raise(_queue, tail: 100_000, nowMs: 1000, isAnyway: true));
        _queue.First = [_queue.First[0] + (Frontier.LeastAhead / 2) + 1, 1];
        Assert.True(_frontier.Raise(_queue, tail: 100_000, nowMs: 2000, isAnyway: false));
    }

    [Fact]
    public void It_never_falls()
    {
        var frontier = new Frontier([9000, 10]);
        _queue.First = [1, 1];
        Assert.True(frontier.Raise(_queue, tail: 100_000, nowMs: 0, isAnyway: false));
        Assert.Equal([9000, 1 + Frontier.LeastAhead], frontier.Reserved);
    }

    /// <summary>The more goes the fewer entries; what goes slowly stays near what has gone.</summary>
    [Fact]
    public void A_queue_that_is_emptied_fast_says_little_and_a_slow_one_does_not_say_much_too_far()
    {
        int raised = 0;
        for (long position = 1; position <= 1_000_000; position++)
        {
            // A hundred thousand a second.
            _queue.First = [position, position];
            if (_frontier.Raise(_queue, tail: 2_000_000, nowMs: position / 100, isAnyway: false))
                raised++;
            Assert.True(_frontier.Reserved[0] > position);
        }
        Assert.InRange(raised, 10, 100);
        for (long position = 1_000_001; position <= 1_200_000; position++)
        {
            // Twenty a second.
            _queue.First = [position, position];
            _frontier.Raise(_queue, tail: 2_000_000, nowMs: 10_000 + (50 * (position - 1_000_000)), isAnyway: false);
        }
        Assert.InRange(_frontier.Reserved[0] - 1_200_000, 1, 4 * Frontier.LeastAhead);
    }

    [Fact]
    public void A_state_comes_back_with_it()
    {
        var state = new QueueState { Frontier = [7, 300, 0], Time = new LoggedTime(2, 5, -1) };
        Assert.Equal([7, 300, 0], QueueState.Read(state.Write()).Frontier!);
        Assert.Equal([7, 300, 0], state.Copy().Frontier!);
        Assert.Null(QueueState.Read(new QueueState().Write()).Frontier);
        Assert.Equal(
            Convert.FromHexString("08" + "00" + "00" + "02" + "07" + "AC02"),
            new QueueState { Frontier = [7, 300] }.Write());
    }

    [Fact]
    public void So_it_does_with_who_has_the_queue_to_himself()
    {
        var state = new QueueState { Frontier = [7], Holder = new LoggedHolder(Samples.Node(2), 300) };
        Assert.Equal(state.Holder, QueueState.Read(state.Write()).Holder);
        Assert.Equal(state.Holder, state.Copy().Holder);
        Assert.Equal(
            Convert.FromHexString("28" + "00" + "00" + "01" + "07" + "00000002000000000000000000000000" + "AC02"),
            state.Write());
        Assert.True(QueueState.Read(new QueueState { Frontier = [7] }.Write()).Holder.Node.IsNone);
    }

    private sealed class Waiting(int priorities) : INewMessages
    {
        public long[] First { get; set; } = new long[priorities];

        public long FirstNew(int priority) => First[priority];
    }
}
