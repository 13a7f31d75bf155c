using System.Buffers.Binary;
using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>What is written when: by the order of frames, not by time.</summary>
public sealed class LinkOutboxTests
{
    private static readonly LinkOptions Options = new();

    private readonly LinkOutbox _outbox = new(Options);
    private readonly byte[] _target = new byte[LinkFrame.MostFrameBytes + 8192];
    private int _rooms;
    private bool _isLast;

    [Fact]
    public void The_most_urgent_class_goes_first_and_a_class_keeps_its_order()
    {
        AllowAll();
        foreach (LinkClass linkClass in Enum.GetValues<LinkClass>().Skip(1).Reverse())
        {
            Assert.True(_outbox.TryAdd(linkClass, 1, [1]));
            Assert.True(_outbox.TryAdd(linkClass, 2, [2]));
        }
        _outbox.SetHeartbeat(default);
        Assert.Equal(
            ["Link 1", "Control 1", "Control 2", "Acknowledgements 1", "Acknowledgements 2", "Publishes 1",
                "Publishes 2", "Deliveries 1", "Deliveries 2", "Bulk 1", "Bulk 2"],
            Take());
    }

    [Fact]
    public void A_bulk_transfer_lets_a_heartbeat_and_a_command_wait_for_one_write_only()
    {
        AllowAll();
        byte[] piece = new byte[LinkFrame.MostBodyBytes];
        while (_outbox.TryAdd(LinkClass.Bulk, 1, piece))
        {
        }
        Assert.Equal(["Bulk 1"], Take());
        _outbox.SetHeartbeat(default);
        _outbox.TryAdd(LinkClass.Control, 9, [1]);
        Assert.Equal(["Link 1", "Control 9", "Bulk 1"], Take());
    }

    [Fact]
    public void A_class_without_credit_waits_bounded_and_others_go_on()
    {
        byte[] piece = new byte[LinkFrame.MostBodyBytes];
        _outbox.Allow(LinkClass.Publishes, 2L * (piece.Length + LinkFrame.HeaderBytes));
        _outbox.Allow(LinkClass.Deliveries, 1 << 20);
        int taken = 0;
        while (_outbox.TryAdd(LinkClass.Publishes, 1, piece))
            taken++;
        Assert.Equal(Options.QueueBytes / (piece.Length + LinkFrame.HeaderBytes), taken);
        Assert.True(_outbox.TryAdd(LinkClass.Deliveries, 2, [1]));
        Assert.Equal(["Publishes 1"], Take());
        Assert.Equal(["Publishes 1", "Deliveries 2"], Take());
        Assert.Empty(Take());
        Assert.InRange(_outbox.WaitingBytes(LinkClass.Publishes), 1, Options.QueueBytes);
    }

    [Fact]
    public void Who_was_turned_away_hears_of_room_once_when_half_is_free()
    {
        byte[] piece = new byte[LinkFrame.MostBodyBytes];
        int frameBytes = piece.Length + LinkFrame.HeaderBytes;
        while (_outbox.TryAdd(LinkClass.Bulk, 1, piece))
        {
        }
        AllowAll();
        int told = 0;
        while (_outbox.WaitingBytes(LinkClass.Bulk) > 0)
        {
            Take();
            if (_rooms == 0)
                continue;
            told++;
            Assert.Equal(1 << (int)LinkClass.Bulk, _rooms);
            Assert.InRange(
                _outbox.WaitingBytes(LinkClass.Bulk), (Options.QueueBytes / 2) - frameBytes, Options.QueueBytes / 2);
        }
        Assert.Equal(1, told);
    }

    [Fact]
    public void What_catches_up_makes_progress_beside_messages_that_never_end()
    {
        AllowAll();
        byte[] piece = new byte[LinkFrame.MostBodyBytes];
        _outbox.TryAdd(LinkClass.Bulk, 5, [1]);
        List<string> written = [];
        for (int count = 0; count < 20; count++)
            Assert.True(_outbox.TryAdd(LinkClass.Publishes, 3, piece));
        for (int writes = 0; writes < 18; writes++)
            written.AddRange(Take());
        Assert.Equal(LinkOutbox.MostPassedBytes / LinkFrame.MostBodyBytes, written.IndexOf("Bulk 5"));
    }

    [Fact]
    public void Nothing_of_a_lower_class_gets_ahead_of_commands_and_acknowledgements()
    {
        AllowAll();
        byte[] piece = new byte[LinkFrame.MostBodyBytes];
        _outbox.TryAdd(LinkClass.Bulk, 5, [1]);
        for (int writes = 0; writes < 40; writes++)
        {
            _outbox.TryAdd(LinkClass.Acknowledgements, 2, piece);
            Assert.Equal("Acknowledgements 2", Take()[0]);
        }
    }

    [Fact]
    public void Of_the_links_own_frames_only_the_latest_waits()
    {
        for (int number = 1; number <= 1000; number++)
        {
            _outbox.SetHeartbeat(new PeerHeartbeat(number, 0, 0, 0, 0, 0, 0, 0));
            _outbox.SetCredit(LinkClass.Bulk, number);
            _outbox.SetReachability([0, 0]);
        }
        Assert.Equal(["Link 1", "Link 2", "Link 3"], Take());
        Assert.True(PeerHeartbeat.TryRead(_target.AsSpan(LinkFrame.HeaderBytes), out PeerHeartbeat last));
        Assert.Equal(1000, last.Number);
    }

    [Fact]
    public void A_goodbye_is_the_last_and_nothing_is_taken_after_it()
    {
        AllowAll();
        _outbox.TryAdd(LinkClass.Publishes, 2, [1]);
        _outbox.TryAdd(LinkClass.Control, 1, [1]);
        _outbox.SetGoodbye([1, 2]);
        Assert.False(_outbox.TryAdd(LinkClass.Control, 1, [1]));
        Assert.Equal(["Control 1", "Link 4"], Take());
        Assert.True(_isLast);
    }

    [Fact]
    public void A_goodbye_waits_for_what_is_urgent_only_as_far_as_it_may_be_sent()
    {
        _outbox.Allow(LinkClass.Control, LinkFrame.HeaderBytes + 1);
        _outbox.TryAdd(LinkClass.Control, 1, [1]);
        _outbox.TryAdd(LinkClass.Control, 2, [1]);
        _outbox.SetGoodbye([1, 2]);
        Assert.Equal(["Control 1", "Link 4"], Take());
        Assert.True(_isLast);
        Assert.Empty(Take());
    }

    [Fact]
    public void More_that_is_urgent_than_fits_goes_before_a_goodbye_in_several_writes()
    {
        AllowAll();
        for (int count = 0; count < 3; count++)
            _outbox.TryAdd(LinkClass.Control, 1, new byte[LinkFrame.MostBodyBytes]);
        _outbox.SetGoodbye([1, 2]);
        List<string> taken = [];
        for (_isLast = false; !_isLast;)
            taken.AddRange(Take());
        Assert.Equal(["Control 1", "Control 1", "Control 1", "Link 4"], taken);
    }

    [Fact]
    public void Credit_that_comes_late_takes_nothing_back()
    {
        _outbox.Allow(LinkClass.Control, 100);
        _outbox.Allow(LinkClass.Control, 1);
        _outbox.TryAdd(LinkClass.Control, 1, new byte[88]);
        Assert.Equal(["Control 1"], Take());
    }

    private void AllowAll()
    {
        for (LinkClass linkClass = LinkClass.Control; linkClass <= LinkClass.Bulk; linkClass++)
            _outbox.Allow(linkClass, long.MaxValue / 2);
    }

    private List<string> Take()
    {
        int count = _outbox.Take(_target, out _rooms, out _isLast);
        LinkFrame.Seal(_target.AsSpan(0, count), 1, 0);
        List<string> frames = [];
        uint number = 0;
        for (int at = 0; at < count;)
        {
            Assert.Equal(
                LinkFrameStatus.Complete,
                LinkFrame.TryRead(_target.AsSpan(at, count - at), 1, number++, out LinkFrameHeader header));
            frames.Add($"{header.Class} {header.Kind}");
            Assert.Equal(header.BodyBytes, BinaryPrimitives.ReadInt32LittleEndian(_target.AsSpan(at + 4)));
            at += header.SizeBytes;
        }
        return frames;
    }
}
