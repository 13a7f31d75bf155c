using Warren.Broker.Connections;
using Xunit;

namespace Warren.Broker.Tests.Connections;

public sealed class InputBufferTests
{
    private readonly InputBuffer _buffer = new();

    [Theory]
    [InlineData(24, false, 64 * 1024)]
    [InlineData(24, true, 16 * 1024)]
    [InlineData(363, true, 64 * 1024)]
    [InlineData(8, true, 4 * 1024)]
    public void A_busy_client_is_read_in_bites_that_fit_the_number_of_its_peers(
        int frameBytes, bool hasManyPeers, int expectedBytes)
    {
        int readBytes = 0;
        for (int read = 0; read < 20; read++)
            readBytes = ReadAll(frameBytes, hasManyPeers);

        Assert.Equal(expectedBytes, readBytes);
    }

    [Fact]
    public void Bites_follow_the_frames_and_the_peers()
    {
        for (int read = 0; read < 20; read++)
            ReadAll(363, hasManyPeers: false);
        Assert.Equal(64 * 1024, ReadAll(363, hasManyPeers: true));
        for (int read = 0; read < 3; read++)
            ReadAll(24, hasManyPeers: true);
        Assert.Equal(16 * 1024, ReadAll(24, hasManyPeers: true));
        for (int read = 0; read < 3; read++)
            ReadAll(363, hasManyPeers: true);
        Assert.Equal(64 * 1024, ReadAll(363, hasManyPeers: true));
    }

    /// <summary>A connection that never has an empty buffer gives a large array back all the same.</summary>
    [Fact]
    public void A_large_array_goes_when_smaller_bites_are_wished_for()
    {
        for (int read = 0; read < 20; read++)
            ReadAll(24, hasManyPeers: false);
        int roomBytes = 0;
        for (int read = 0; read < 5; read++)
        {
            roomBytes = Read(hasManyPeers: true);
            while (_buffer.Unread.Length > 24)
                _buffer.Take(24);
        }
        Assert.InRange(roomBytes, 1, 16 * 1024);
    }

    /// <summary>However much has passed: nothing is counted up for ever.</summary>
    [Fact]
    public void Gigabytes_change_nothing()
    {
        for (int read = 0; read < 40_000; read++)
            ReadAll(64 * 1024, hasManyPeers: false);
        for (int read = 0; read < 5; read++)
            ReadAll(24, hasManyPeers: true);
        Assert.Equal(16 * 1024, ReadAll(24, hasManyPeers: true));
    }

    /// <summary>The bytes of a frame keep their order however often they are moved.</summary>
    [Fact]
    public void What_is_unread_stays_as_it_is()
    {
        var random = new Random(1);
        byte next = 0;
        byte expected = 0;
        for (int read = 0; read < 200; read++)
        {
            if (_buffer.ReleaseIfEmpty())
                Assert.True(_buffer.Unread.IsEmpty);
            Span<byte> room = _buffer.MakeRoom(random.Next(1, 200_000)).Span;
            int count = random.Next(1, room.Length + 1);
            foreach (ref byte each in room[..count])
                each = next++;
            _buffer.Commit(count, random.Next(2) == 0);
            int taken = random.Next(_buffer.Unread.Length + 1);
            foreach (byte each in _buffer.Unread[..taken])
                Assert.Equal(expected++, each);
            _buffer.Take(taken);
        }
    }

    private int ReadAll(int frameBytes, bool hasManyPeers)
    {
        int roomBytes = Read(hasManyPeers);
        while (_buffer.Unread.Length >= frameBytes)
            _buffer.Take(frameBytes);
        if (!_buffer.Unread.IsEmpty)
            _buffer.Take(_buffer.Unread.Length);
        _buffer.ReleaseIfEmpty();
        return roomBytes;
    }

    private int Read(bool hasManyPeers)
    {
        int roomBytes = _buffer.MakeRoom(1).Length;
        _buffer.Commit(roomBytes, hasManyPeers);
        return roomBytes;
    }
}
