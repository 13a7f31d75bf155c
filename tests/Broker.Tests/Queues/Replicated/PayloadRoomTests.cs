using System.Runtime.InteropServices;
using Warren.Broker.Queues.Replicated;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

public sealed class PayloadRoomTests
{
    [Fact]
    public void Nothing_that_was_taken_shares_a_byte()
    {
        var room = new PayloadRoom();
        var random = new Random(1);
        var taken = new List<(Memory<byte> Bytes, byte Mark)>();
        for (int number = 0; number < 2000; number++)
        {
            Memory<byte> bytes = room.Take(random.Next(0, number % 100 == 0 ? 200_000 : 2000));
            bytes.Span.Fill((byte)number);
            taken.Add((bytes, (byte)number));
            if (number % 37 == 0)
                room.EndTurn();
        }
        Assert.All(taken, each => Assert.False(each.Bytes.Span.ContainsAnyExcept(each.Mark)));
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 100)]
    [InlineData(50, 1100)]
    [InlineData(1000, 1100)]
    public void A_turn_keeps_at_most_twice_what_it_took(int messages, int sizeBytes)
    {
        var room = new PayloadRoom();
        var blocks = new HashSet<byte[]>();
        for (int number = 0; number < messages; number++)
        {
            Assert.True(MemoryMarshal.TryGetArray<byte>(room.Take(sizeBytes), out ArraySegment<byte> bytes));
            blocks.Add(bytes.Array!);
        }
        Assert.InRange(blocks.Sum(block => block.Length), messages * sizeBytes, 2 * messages * sizeBytes);
        room.EndTurn();
        Assert.True(MemoryMarshal.TryGetArray<byte>(room.Take(sizeBytes), out ArraySegment<byte> next));
        Assert.Equal(sizeBytes, next.Array!.Length);
    }
}
