using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>
/// Two nodes dial each other; every order in which the messages of both handshakes can arrive is gone through. When
/// nothing is under way any more, both have the same one link.
/// </summary>
public sealed class LinkChoiceTests
{
    private int _ends;

    [Fact]
    public void Both_sides_choose_the_same_link_in_every_order_of_events()
    {
        Explore(new Meeting());
        Assert.InRange(_ends, 20, int.MaxValue);
    }

    [Fact]
    public void A_peer_that_dials_again_has_lost_the_link_and_gets_a_new_one()
    {
        var choice = new LinkChoice<string>(isOwnDialPreferred: true);
        Assert.True(choice.TrySettle("old", 0, out _));
        Assert.True(choice.TrySettle("new", 1, out string? displaced));
        Assert.Equal(("old", "new"), (displaced, choice.Up));
        choice.End("old");
        Assert.Equal("new", choice.Up);
    }

    [Fact]
    public void A_dial_that_is_older_than_the_link_does_not_take_its_place()
    {
        var choice = new LinkChoice<string>(isOwnDialPreferred: true);
        int linksAtAnswer = choice.Links;
        Assert.True(choice.TryAccept("own"));
        Assert.True(choice.TryConfirm("own"));
        Assert.False(choice.TrySettle("late", linksAtAnswer, out _));
        Assert.Equal("own", choice.Up);
    }

    private void Explore(Meeting meeting)
    {
        List<Action<Meeting>> steps = meeting.Steps();
        if (steps.Count == 0)
        {
            _ends++;
            meeting.AssertSettled();
        }
        for (int index = 0; index < steps.Count; index++)
        {
            Meeting copy = meeting.Replay();
            copy.Do(index);
            Explore(copy);
        }
    }

    /// <summary>A history of choices among what could happen next; replayed to go another way.</summary>
    private sealed class Meeting
    {
        private readonly List<int> _history = [];
        private readonly LinkChoice<Connection>[] _choices = [new(true), new(false)];
        private readonly Connection[] _dials = [new(0), new(1)];

        public Meeting Replay()
        {
            var copy = new Meeting();
            foreach (int index in _history)
                copy.Do(index);
            return copy;
        }

        public void Do(int index)
        {
            Steps()[index](this);
            _history.Add(index);
        }

        /// <summary>
        /// What can happen: each dial's next message arrives, also when its sender has closed the connection since; or
        /// behind the last message the news of that.
        /// </summary>
        public List<Action<Meeting>> Steps()
        {
            List<Action<Meeting>> steps = [];
            foreach (Connection dial in _dials)
            {
                int number = dial.Dialer;
                int reader = dial.State is DialState.Begun or DialState.Accepted ? 1 - number : number;
                bool isUnderWay = !dial.IsClosedBy[reader] && dial.State != DialState.Up
                    && (dial.State != DialState.New || _choices[number].Up is null);
                if (isUnderWay)
                    steps.Add(meeting => meeting.Next(meeting._dials[number]));
                for (int side = 0; side < 2; side++)
                {
                    int seenBy = side;
                    if (dial.IsClosedBy[1 - side] && !dial.IsClosedBy[side] && (!isUnderWay || side != reader))
                        steps.Add(meeting => meeting.Close(meeting._dials[number], seenBy));
                }
            }
            return steps;
        }

        public void AssertSettled()
        {
            Connection? link = _choices[0].Up;
            Assert.NotNull(link);
            Assert.Same(link, _choices[1].Up);
            Assert.Equal(DialState.Up, link.State);
            Assert.False(link.IsClosedBy[0] || link.IsClosedBy[1]);
            Assert.True(_choices[0].Accepted is null && _choices[1].Accepted is null);
        }

        private void Next(Connection dial)
        {
            LinkChoice<Connection> dialer = _choices[dial.Dialer];
            LinkChoice<Connection> listener = _choices[1 - dial.Dialer];
            switch (dial.State)
            {
                case DialState.New:
                    dial.State = DialState.Begun;
                    break;
                // The dialer's introduction arrives.
                case DialState.Begun:
                    dial.LinksAtAnswer = listener.Links;
                    dial.State = DialState.Answered;
                    break;
                // The listener's answer arrives.
                case DialState.Answered:
                    if (dialer.TryAccept(dial))
                        dial.State = DialState.Accepted;
                    else
                        Close(dial, dial.Dialer);
                    break;
                // The dialer's verdict arrives.
                case DialState.Accepted:
                    if (listener.TrySettle(dial, dial.LinksAtAnswer, out Connection? displaced))
                        dial.State = DialState.Settled;
                    else
                        Close(dial, 1 - dial.Dialer);
                    if (displaced is not null)
                        Close(displaced, 1 - dial.Dialer);
                    break;
                // The listener's last word arrives.
                case DialState.Settled:
                    if (dialer.TryConfirm(dial))
                        dial.State = DialState.Up;
                    else
                        Close(dial, dial.Dialer);
                    break;
            }
        }

        private void Close(Connection dial, int side)
        {
            dial.IsClosedBy[side] = true;
            _choices[side].End(dial);
        }
    }

    private enum DialState
    {
        New,
        Begun,
        Answered,
        Accepted,
        Settled,
        Up,
    }

    private sealed class Connection(int dialer)
    {
        public int Dialer { get; } = dialer;

        public DialState State { get; set; }

        public int LinksAtAnswer { get; set; }

        public bool[] IsClosedBy { get; } = new bool[2];
    }
}
